package dev.finetune.bert.onnx;

import static dev.finetune.testkit.Numbers.assertClose;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.finetune.Embedder;
import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.Reference;
import dev.finetune.checkpoint.Weights;
import dev.finetune.data.Text;
import dev.finetune.data.Words;
import dev.finetune.error.FinetuneException;
import dev.finetune.head.Heads;
import dev.finetune.head.Pooling;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Encoders that torch.onnx exported compute here what ONNX Runtime computes from the same files. The files and
 * expected.json were written by the resource onnx/make_onnx_cases.py with torch 2.13, transformers 5.18 and onnxruntime
 * 1.30; each has 12 texts of 1 to 25 words.
 */
class OnnxCheckpointTest {
    private static final double TOLERANCE = 1e-5;

    @TempDir
    private Path folder;

    /** A case's files, and the tokenizer that it was made with. */
    private Path model(String name) throws IOException {
        final Path directory = Files.createDirectories(folder.resolve(name));
        try (Stream<Path> files = Files.list(resource("onnx/" + name))) {
            for (Path file : files.toList()) {
                Files.copy(file, directory.resolve(file.getFileName().toString()));
            }
        }
        final String family = name.startsWith("roberta") ? "roberta" : "bert";
        Files.copy(
                resource("golden/" + family + "-sequence-classification/model/tokenizer.json"),
                directory.resolve("tokenizer.json"));
        return directory;
    }

    private static Path resource(String name) {
        return Path.of("src/test/resources").resolve(name);
    }

    private static JsonObject expected(Path directory) throws IOException {
        return JsonParser.parseString(Files.readString(directory.resolve("expected.json")))
                .getAsJsonObject();
    }

    private static List<String> texts(JsonObject expected) {
        return expected.getAsJsonArray("texts").asList().stream()
                .map(JsonElement::getAsString)
                .toList();
    }

    private static void assertComputesTheSame(Path model, double tolerance) throws IOException {
        final JsonObject expected = expected(model);
        final List<String> texts = texts(expected);
        for (Pooling pooling : List.of(Pooling.CLS, Pooling.MEAN)) {
            try (Embedder<String> embedder = FineTuner.from(model).embedder(pooling)) {
                final List<float[]> vectors = embedder.embed(texts);
                for (int i = 0; i < texts.size(); i++) {
                    final JsonObject output =
                            expected.getAsJsonArray("outputs").get(i).getAsJsonObject();
                    final String part = pooling == Pooling.CLS ? "first" : "mean";
                    assertClose(
                            vectors.get(i),
                            Reference.floats(output.get(part)),
                            tolerance,
                            part + " of " + texts.get(i));
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "bert",
                "bert-unfolded",
                "bert-dynamo",
                "bert-layer-norm",
                "bert-zero-biases",
                "bert-external",
                "bert-typed-fields",
                "bert-runtime-basic",
                "bert-runtime-extended",
                "distilbert",
                "roberta"
            })
    void outputsAreThoseOfOnnxRuntimeWithoutConfigJson(String name) throws IOException {
        assertComputesTheSame(model(name), TOLERANCE);
    }

    @Test
    void halfPrecisionIsReadAsItIs() throws IOException {
        // ONNX Runtime computes in half precision, too; here only the weights are rounded.
        assertComputesTheSame(model("bert-half"), 1e-2);
    }

    @Test
    void allIsLoadedAndNothingLeftOver() throws IOException {
        try (FineTuned<Text> tuned = FineTuner.from(model("bert-zero-biases"))
                .head(Heads.features(Pooling.MEAN))
                .untrained(Text.class)) {
            assertThat(tuned.loadReport().isComplete())
                    .as(tuned.loadReport().summary())
                    .isTrue();
        }
    }

    @Test
    void aClassifierKeepsItsHeadAndLabels() throws IOException {
        final Path model = model("bert-classification");
        final JsonObject expected = expected(model);
        try (FineTuned<Text> tuned = FineTuned.load(model)) {
            assertThat(tuned.labels()).containsExactly("bad", "so-so", "good");
            assertThat(tuned.loadReport().isComplete())
                    .as(tuned.loadReport().summary())
                    .isTrue();
            final List<String> texts = texts(expected);
            for (int i = 0; i < texts.size(); i++) {
                assertClose(
                        tuned.predict(Text.of(texts.get(i))).logits().get(0),
                        Reference.floats(expected.getAsJsonArray("outputs").get(i)),
                        TOLERANCE,
                        texts.get(i));
            }
        }
    }

    @Test
    void aHeadIsToldFromTheGraphWhereThereIsNoConfigJson() throws IOException {
        final Path model = model("bert-classification");
        Files.delete(model.resolve("config.json"));
        try (FineTuned<Text> tuned = FineTuned.load(model)) {
            assertThat(tuned.labels()).containsExactly("LABEL_0", "LABEL_1", "LABEL_2");
        }
        try (FineTuned<Words> tuned = FineTuned.load(model("roberta-tokens"))) {
            assertThat(tuned.labels()).containsExactly("LABEL_0", "LABEL_1", "LABEL_2");
            assertThat(tuned.loadReport().isComplete())
                    .as(tuned.loadReport().summary())
                    .isTrue();
        }
    }

    @Test
    void aQuantisedFileIsRefusedByNameWithWhatToDo() throws IOException {
        final Path model = model("bert-quantized");
        assertThatThrownBy(() -> FineTuner.from(model).head("a", "b").untrained(Text.class))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContainingAll(
                        model.resolve("model.onnx").toString(), "quantised", "MatMulInteger", "float32", "model.onnx");
    }

    @Test
    void aDirectoryOfTheHubHasItInAFolder() throws IOException {
        final Path model = model("bert");
        Files.createDirectory(model.resolve("onnx"));
        Files.move(model.resolve("model.onnx"), model.resolve("onnx/model.onnx"));
        assertComputesTheSame(model, TOLERANCE);
    }

    @Test
    void otherFormatsComeFirst() throws IOException {
        final Path model = model("bert");
        Files.copy(
                resource("golden/bert-sequence-classification/model/model.safetensors"),
                model.resolve("model.safetensors"));
        try (Weights weights = Weights.open(model)) {
            assertThat(weights.files()).containsExactly(model.resolve("model.safetensors"));
        }
    }

    @Test
    void aDamagedFileIsReadOrRefusedWithItsName() throws IOException {
        final Path model = model("bert");
        final byte[] whole = Files.readAllBytes(model.resolve("model.onnx"));
        final Random random = new Random(1);
        int refused = 0;
        for (int round = 0; round < 150; round++) {
            final byte[] damaged = whole.clone();
            for (int i = 0; i < 20; i++) {
                damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
            }
            Files.write(model.resolve("model.onnx"), damaged);
            try {
                FineTuner.from(model).embedder(Pooling.CLS).close();
            } catch (FinetuneException e) {
                assertThat(e).hasMessageContaining(model.toString());
                refused++;
            }
        }
        assertThat(refused).isBetween(50, 149);
    }
}
