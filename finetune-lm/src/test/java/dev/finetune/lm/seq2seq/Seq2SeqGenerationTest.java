package dev.finetune.lm.seq2seq;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.data.Text;
import dev.finetune.generate.Generated;
import dev.finetune.generate.Generation;
import dev.finetune.golden.GoldenCase;
import dev.finetune.golden.GoldenDevice;
import dev.finetune.internal.JsonFile;
import dev.finetune.lm.generate.GenerationConfig;
import dev.finetune.lm.generate.TextGenerator;
import dev.finetune.spi.TextWriter;
import dev.finetune.train.Cancellation;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/** What Transformers writes with encoders and decoders, we write: greedily, without repetitions, by beams. */
@Tag("golden")
class Seq2SeqGenerationTest {
    @TestFactory
    Stream<DynamicTest> everyTextIsReproduced() {
        final List<DynamicTest> tests = new ArrayList<>();
        for (GoldenCase golden : Seq2SeqCases.all()) {
            if (golden.json().has("generation")) {
                for (JsonElement each : golden.json().getAsJsonArray("generation")) {
                    final JsonObject expected = each.getAsJsonObject();
                    final String name = golden.name() + ": " + expected.get("settings");
                    tests.add(dynamicTest(name, () -> agrees(golden, expected)));
                }
            }
        }
        assertThat(tests).isNotEmpty();
        return tests.stream();
    }

    /** The model's own settings, and those of the case. */
    private static GenerationConfig config(GoldenCase golden, JsonObject settings) throws IOException {
        final JsonObject all = JsonFile.object(golden.model().resolve(GenerationConfig.FILE));
        settings.asMap().forEach(all::add);
        return GenerationConfig.of(all, golden.name());
    }

    private static void agrees(GoldenCase golden, JsonObject expected) throws IOException {
        final GenerationConfig config = config(golden, expected.getAsJsonObject("settings"));
        final int start = golden.number("decoder_start_token_id");
        final int padding = config.special().padding().orElseThrow();
        final List<int[]> sources = Seq2SeqNextTokensTest.sources(golden);
        final JsonArray rows = expected.getAsJsonArray("ids");
        final int each = rows.size() / sources.size();
        try (FineTuned<Text> model = FineTuner.from(golden.model())
                        .device(GoldenDevice.choice())
                        .untrained(Text.class);
                TextWriter.Work work = new TextGenerator(config, Arrays::toString)
                        .write(
                                tokens -> new Seq2SeqNextTokens(
                                        model.assembly().network(), sources, padding, tokens, GoldenDevice.device()),
                                Collections.nCopies(sources.size(), new int[] {start}),
                                Generation.asTheModel(),
                                sources.size(),
                                new Cancellation())) {
            while (work.step()) {
                // The next token.
            }
            final List<Generated> written = work.result();
            for (int row = 0; row < rows.size(); row++) {
                final Generated first = written.get(row / each);
                final Generated ours = row % each == 0 ? first : first.others().get(row % each - 1);
                final List<Integer> theirs = rows.get(row).getAsJsonArray().asList().stream()
                        .map(JsonElement::getAsInt)
                        .toList();
                final List<Integer> found = new ArrayList<>(List.of(start));
                found.addAll(ours.ids());
                assertThat(found).as("row %d", row).isEqualTo(theirs.subList(0, found.size()));
                // What fills up a beam that has ended is the padding token, or what ended it where the padding token is
                // 0.
                assertThat(theirs.subList(found.size(), theirs.size()))
                        .allMatch(id -> id == padding || padding == 0 && id.equals(found.get(found.size() - 1)));
                if (expected.has("sequences_scores")) {
                    final double score =
                            expected.getAsJsonArray("sequences_scores").get(row).getAsDouble();
                    assertThat(ours.score()).as("score of row %d", row).isCloseTo(score, within(1e-5));
                }
            }
        }
    }
}
