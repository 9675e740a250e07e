package dev.finetune.bert.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.finetune.data.Text;
import dev.finetune.error.FinetuneException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Directories with SentencePiece's own file and no tokenizer.json, against what Transformers 5.18 makes of them. */
class SentencePieceTest {
    private static final int LONG = 200;

    @TempDir
    Path temp;

    private Path copy(String name) throws IOException {
        final Path from = Path.of(Objects.requireNonNull(SentencePieceTest.class.getResource("/sentencepiece/" + name))
                .getPath());
        final Path to = Files.createDirectories(temp.resolve(name));
        try (Stream<Path> files = Files.list(from)) {
            for (Path file : files.toList()) {
                final String own = file.getFileName().toString();
                if (own.endsWith(".gz")) {
                    try (InputStream in = new GZIPInputStream(Files.newInputStream(file))) {
                        Files.copy(in, to.resolve(own.substring(0, own.length() - 3)));
                    }
                } else if (!own.equals("expected.json")) {
                    Files.copy(file, to.resolve(own));
                }
            }
        }
        return to;
    }

    private static JsonObject expected(String name) {
        return Fixtures.json(Path.of(
                Objects.requireNonNull(SentencePieceTest.class.getResource("/sentencepiece/" + name + "/expected.json"))
                        .getPath()));
    }

    private static void check(Tokenizer tokenizer, JsonObject expected) {
        assertThat(tokenizer.vocabularySize()).isEqualTo(expected.get("size").getAsInt());
        for (JsonElement each : expected.getAsJsonArray("rows")) {
            final JsonObject row = each.getAsJsonObject();
            final String first = row.get("text").getAsString();
            final Text text = row.has("pair") ? Text.pair(first, row.get("pair").getAsString()) : Text.of(first);
            final int[] ids = row.getAsJsonArray("input_ids").asList().stream()
                    .mapToInt(JsonElement::getAsInt)
                    .toArray();
            assertThat(tokenizer.encode(List.of(text), LONG).get(0).ids())
                    .as(row.toString())
                    .isEqualTo(ids);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "deberta-v2",
                "deberta-v2-lower",
                "albert",
                "t5",
                "xlm-roberta",
                "camembert",
                "llama",
                "llama-ended"
            })
    void tokensAreThoseOfTransformersAndWhatIsSavedSaysTheSame(String name) throws IOException {
        final JsonObject expected = expected(name);
        final Path saved = temp.resolve("saved");
        try (Tokenizer tokenizer = Tokenizer.openForWriting(copy(name))) {
            check(tokenizer, expected);
            tokenizer.save(saved);
        }
        Files.copy(temp.resolve(name).resolve("config.json"), saved.resolve("config.json"));
        assertThat(saved.resolve("tokenizer.json")).exists();
        try (Tokenizer tokenizer = Tokenizer.openForWriting(saved)) {
            check(tokenizer, expected);
        }
    }

    @Test
    void aDamagedFileIsRefusedByItsName() throws IOException {
        final Path model = copy("deberta-v2");
        final Path file = model.resolve("spm.model");
        final byte[] whole = Files.readAllBytes(file);
        final SplittableRandom random = new SplittableRandom(7);
        int refused = 0;
        for (int round = 0; round < 300; round++) {
            byte[] bytes = whole.clone();
            if (round % 3 == 0) {
                bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length));
            } else {
                for (int change = 0; change < 4; change++) {
                    bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
                }
            }
            Files.write(file, bytes);
            try (Tokenizer tokenizer = Tokenizer.open(model)) {
                tokenizer.encode(List.of(Text.of("The parcel arrived.")), LONG);
            } catch (FinetuneException e) {
                refused++;
                assertThat(e.getMessage()).containsAnyOf("spm.model", model.toString(), "tokenizer_config.json");
            }
        }
        assertThat(refused).isGreaterThan(100);
    }

    @Test
    void aFileOfAnotherKindIsRefused() throws IOException {
        final Path model = copy("deberta-v2");
        Files.copy(copy("llama").resolve("tokenizer.model"), model.resolve("merges.model"));
        Files.move(model.resolve("merges.model"), model.resolve("spm.model"), StandardCopyOption.REPLACE_EXISTING);
        assertThatThrownBy(() -> Tokenizer.open(model))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContainingAll("spm.model", "BPE", "DebertaV2Tokenizer");
    }

    @Test
    void aFileThatTheModelsTokenizerDoesntReadIsNamed() throws IOException {
        final Path model = copy("deberta-v2");
        Files.writeString(model.resolve("config.json"), "{\"model_type\": \"bert\"}");
        assertThatThrownBy(() -> Tokenizer.open(model))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContainingAll("spm.model", "model_type", "tokenizer.json");
    }
}
