package dev.finetune.examples.pretrain;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.finetune.bert.text.Tokenizer;
import dev.finetune.data.Text;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Against what the trainer of Hugging Face's tokenizers learned from the same text: byte_pairs.py beside it wrote it down. */
class BytePairLearnerTest {
    private static final int SIZE = 420;

    private static JsonObject golden;
    private static BytePairLearner.Learned learned;

    @BeforeAll
    static void learnTheSameText() throws IOException {
        golden = JsonParser.parseString(resource("byte-pairs.json")).getAsJsonObject();
        learned = learned(resource("byte-pairs.txt"));
    }

    private static String resource(String name) throws IOException {
        try (InputStream in = BytePairLearnerTest.class.getResourceAsStream(name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static BytePairLearner.Learned learned(String text) {
        final BytePairLearner learner = new BytePairLearner(List.of("<|endoftext|>", "<|im_start|>", "<|im_end|>"));
        for (String line : text.split("\n", -1)) {
            learner.add(line);
        }
        return learner.learn(SIZE);
    }

    private static List<String> strings(JsonElement list) {
        return StreamSupport.stream(list.getAsJsonArray().spliterator(), false)
                .map(JsonElement::getAsString)
                .toList();
    }

    @Test
    void vocabularyAndMergesAreThoseThatHuggingFacesTrainerLearns() {
        final List<List<String>> merges = new ArrayList<>();
        golden.getAsJsonArray("merges").forEach(pair -> merges.add(strings(pair)));

        assertThat(learned.vocabulary()).isEqualTo(strings(golden.get("vocabulary")));
        assertThat(learned.merges()).isEqualTo(merges);
    }

    @Test
    void theFilesThatAreWrittenGiveTheSameIdsAndTheTextAgainWithoutSpecialTokens(@TempDir Path folder)
            throws IOException {
        BytePairFiles.write(learned, 512, folder);
        try (Tokenizer tokenizer = Tokenizer.openForWriting(folder)) {
            for (JsonElement each : golden.getAsJsonArray("encoded")) {
                final JsonObject encoded = each.getAsJsonObject();
                final String text = encoded.get("text").getAsString();
                final int[] ids =
                        tokenizer.encode(List.of(Text.of(text)), 512).get(0).ids();

                assertThat(ids)
                        .as(text)
                        .containsExactly(strings(encoded.get("ids")).stream()
                                .mapToInt(Integer::parseInt)
                                .toArray());
                assertThat(tokenizer.decode(ids)).isEqualTo(text.replaceAll("<\\|\\w+\\|>", ""));
            }
            assertThat(tokenizer.specialTokens().eos()).hasValue(0);
        }
    }

    @Test
    void bytesPerTokenAreThoseOfTheText(@TempDir Path folder) throws IOException {
        BytePairFiles.write(learned, 512, folder);
        final String[] lines = resource("byte-pairs.txt").split("\n");
        long bytes = 0;
        long tokens = 0;
        try (Tokenizer tokenizer = Tokenizer.openForWriting(folder)) {
            for (String line : lines) {
                bytes += line.getBytes(StandardCharsets.UTF_8).length;
                tokens += tokenizer.encode(List.of(Text.of(line)), 512).get(0).length();
            }
        }
        assertThat(learned.bytesPerToken()).isEqualTo((double) bytes / tokens);
    }

    @Test
    void aTextWithFewPairsGivesFewerTokensThanWereAskedFor() {
        final BytePairLearner.Learned few = learned("abab");

        assertThat(few.merges()).containsExactly(List.of("a", "b"), List.of("ab", "ab"));
        assertThat(few.vocabulary()).hasSize(3 + 256 + 2);
    }
}
