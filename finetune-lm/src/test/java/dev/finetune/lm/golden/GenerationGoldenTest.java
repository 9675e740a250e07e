package dev.finetune.lm.golden;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
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
import dev.finetune.golden.GoldenFolders;
import dev.finetune.lm.generate.GenerationConfig;
import dev.finetune.spi.LanguageModelFamily;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/** What Transformers writes with decoders, we write: the same tokens, greedily and by beams. */
@Tag("golden")
class GenerationGoldenTest {
    private static final double SCORE = 1e-4;

    @TestFactory
    Stream<DynamicTest> everyTextIsReproduced() {
        final List<GoldenCase> cases = GoldenCase.having(GoldenCase.TRAINING, LanguageModelFamily.class).stream()
                .filter(golden -> golden.json().has("generation"))
                .filter(golden -> !golden.json().keySet().containsAll(GoldenCase.ADAPTERS))
                .filter(golden -> !golden.tensors().containsKey("expected.encoder_hidden_states.0"))
                .toList();
        assumeTrue(
                !cases.isEmpty(),
                "no decoders that write in " + GoldenFolders.root().toAbsolutePath());
        return cases.stream()
                .flatMap(golden -> golden.json().getAsJsonArray("generation").asList().stream()
                        .map(JsonElement::getAsJsonObject)
                        .map(row -> dynamicTest(
                                golden.name() + ": " + row.get("kind").getAsString() + " " + row.get("settings"),
                                () -> agrees(golden, row))));
    }

    private static void agrees(GoldenCase golden, JsonObject row) {
        final List<Text> prompts = golden.json().getAsJsonArray("prompts").asList().stream()
                .map(prompt -> Text.of(prompt.getAsString()))
                .toList();
        final JsonObject settings = row.getAsJsonObject("settings");
        final Generation asked = GenerationConfig.of(settings, "settings").settings();
        try (FineTuned<Text> model =
                FineTuner.from(golden.model()).device(GoldenDevice.choice()).untrained(Text.class)) {
            final List<Generated> written = new ArrayList<>();
            for (Generated text : model.generate(prompts, asked)) {
                written.add(text);
                written.addAll(text.others());
            }
            final JsonArray ids = row.getAsJsonArray("ids");
            assertThat(written).hasSize(ids.size());
            for (int i = 0; i < written.size(); i++) {
                final List<Integer> theirs = ids.get(i).getAsJsonArray().asList().stream()
                        .map(JsonElement::getAsInt)
                        .toList();
                final int length = written.get(i).ids().size();
                assertThat(written.get(i).ids()).as("text %d", i).isEqualTo(theirs.subList(0, length));
                assertThat(theirs.subList(length, theirs.size()))
                        .allMatch(id -> id == settings.get("pad_token_id").getAsInt());
                assertThat(length == theirs.size() || written.get(i).end() == Generated.End.END_OF_TEXT)
                        .isTrue();
                assertThat(written.get(i).text())
                        .isEqualTo(row.getAsJsonArray("text").get(i).getAsString());
                if (row.has("sequences_scores")) {
                    assertThat(written.get(i).score())
                            .isCloseTo(
                                    row.getAsJsonArray("sequences_scores")
                                            .get(i)
                                            .getAsDouble(),
                                    within(SCORE));
                }
            }
        }
    }
}
