package dev.finetune.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.batch.CollateContext;
import dev.finetune.batch.HostTensor;
import dev.finetune.checkpoint.Overwrite;
import dev.finetune.checkpoint.Weights;
import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.data.Text;
import dev.finetune.error.FinetuneException;
import dev.finetune.head.Heads;
import dev.finetune.head.Pooling;
import dev.finetune.nn.OperatorGraph;
import dev.finetune.peft.Ia3;
import dev.finetune.peft.Lora;
import dev.finetune.peft.PeftMethod;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an exported directory holds, and how it comes about. */
class OnnxFilesTest {
    private static final Path BERT = Models.text("bert-sequence-classification");

    @TempDir
    private Path folder;

    private static FineTuned<Text> bert() {
        return FineTuner.from(BERT).untrained(Text.class);
    }

    private static Map<String, HostTensor> batch(FineTuned<?> model) {
        return Models.tokens(model, 3, 12, new SplittableRandom(4));
    }

    private static OperatorGraph drawn(FineTuned<?> model) {
        return model.assembly()
                .network()
                .draw(model.assembly()
                        .encoder()
                        .collate(List.of(), CollateContext.predicting())
                        .columns()
                        .keySet());
    }

    private Path configured(String name, UnaryOperator<JsonObject> change) throws IOException {
        final Path directory = Files.createDirectories(folder.resolve(name));
        final JsonObject config = JsonParser.parseString(Files.readString(BERT.resolve("config.json")))
                .getAsJsonObject();
        Files.writeString(directory.resolve("config.json"), change.apply(config).toString());
        Files.copy(BERT.resolve("tokenizer.json"), directory.resolve("tokenizer.json"));
        return directory;
    }

    /** Of a layer 27: 4 + 2 products with biases, 6 + 2 shapes, 4 of attention, 5 of GELU, 2 sums, 2 norms. */
    @Test
    void aLayerOfBertTakesAsManyOperatorsAsByHand() throws IOException {
        final int[] counts = new int[2];
        for (int i = 0; i < 2; i++) {
            final int layers = 6 + i;
            final Path model = configured("layers-" + layers, config -> {
                config.addProperty("num_hidden_layers", layers);
                return config;
            });
            try (FineTuned<Text> bert = FineTuner.from(model)
                    .initialization(from -> from.randomWeights(true))
                    .untrained(Text.class)) {
                counts[i] = drawn(bert).nodes().size();
            }
        }
        assertThat(counts[0]).isLessThan(200);
        assertThat(counts[1] - counts[0]).isEqualTo(27);
    }

    @Test
    void theDirectoryHoldsWhatAnApplicationNeeds() throws IOException {
        try (FineTuned<Text> model = bert()) {
            model.exportOnnx(folder.resolve("out"));
            try (Stream<Path> files = Files.list(folder.resolve("out"));
                    OnnxRuntime runtime = OnnxRuntime.open(folder.resolve("out"))) {
                assertThat(files.map(file -> file.getFileName().toString()))
                        .contains("model.onnx", "config.json", "tokenizer.json", "README.md", "finetune.json")
                        .doesNotContain("model.safetensors", "model.onnx_data");
                assertThat(runtime.metadata())
                        .containsEntry("labels", "[\"LABEL_0\",\"LABEL_1\",\"LABEL_2\"]")
                        .containsKeys("config", "tokenizer_config", "finetune");
                assertThat(runtime.session().getInputNames())
                        .containsExactlyInAnyOrder("input_ids", "attention_mask", "token_type_ids");
                assertThat(runtime.session().getOutputNames()).containsExactly("logits");
            }
        }
    }

    @Test
    void numbersThatOneFileCantHoldLieBesideIt() throws IOException {
        try (FineTuned<Text> model = bert();
                FineTuned<Text> other = bert()) {
            Models.shake(model, 2);
            model.save(folder.resolve("out"));
            Files.delete(folder.resolve("out/model.safetensors"));
            Files.delete(folder.resolve("out/finetune-files.json"));
            new OnnxFiles(100_000).write(folder.resolve("out"), drawn(model), Map.of());

            assertThat(Files.size(folder.resolve("out/model.onnx"))).isLessThan(100_000);
            assertThat(folder.resolve("out/model.onnx_data")).exists();
            final Map<String, HostTensor> batch = batch(model);
            final Map<String, float[]> ours = Models.outputs(model, batch);
            assertThat(Models.outputs(other, batch).get("logits")).isNotEqualTo(ours.get("logits"));
            try (OnnxRuntime runtime = OnnxRuntime.open(folder.resolve("out"));
                    FineTuned<Text> again = FineTuned.load(folder.resolve("out"))) {
                Models.assertSame(ours, runtime.run(batch));
                assertThat(Models.outputs(again, batch).get("logits")).isEqualTo(ours.get("logits"));
            }
        }
    }

    @Test
    void whatAdaptsLayersIsMergedAndTheModelStaysAsItWas() {
        for (PeftMethod method : List.of(Lora.rank(2), Lora.rank(2).withDora().biases(Lora.Biases.ALL), Ia3.usual())) {
            final Path out = folder.resolve(method.getClass().getSimpleName() + method.hashCode());
            try (FineTuned<Text> model = tuner(method).untrained(Text.class)) {
                Models.shake(model, 8);
                final Map<String, HostTensor> batch = batch(model);
                final Map<String, float[]> ours = Models.outputs(model, batch);
                model.exportOnnx(out);
                try (OnnxRuntime runtime = OnnxRuntime.open(out)) {
                    Models.assertSame(ours, runtime.run(batch));
                }
                assertThat(Models.outputs(model, batch).get("logits")).isEqualTo(ours.get("logits"));
                assertThat(drawn(model).constants().keySet()).noneMatch(name -> name.contains("lora"));
                model.mergeAdapter();
                model.exportOnnx(out);
                try (OnnxRuntime runtime = OnnxRuntime.open(out)) {
                    Models.assertSame(ours, runtime.run(batch));
                }
            }
        }
    }

    private static FineTuner tuner(PeftMethod method) {
        final FineTuner tuner = FineTuner.from(BERT);
        return method instanceof Lora lora ? tuner.lora(lora) : tuner.ia3((Ia3) method);
    }

    @Test
    void exportingLeavesNothingNativeBehind() {
        try (FineTuned<Text> model = FineTuner.from(BERT).lora(Lora.rank(2)).untrained(Text.class)) {
            model.exportOnnx(folder.resolve("out"));
            final long before = Pointer.totalCount();

            model.exportOnnx(folder.resolve("out"));

            assertThat(Pointer.totalCount()).isEqualTo(before);
        }
    }

    @Test
    void aSavedModelIsNotReplacedUnlessAskedTo() {
        final Path out = folder.resolve("out");
        try (FineTuned<Text> model = bert()) {
            model.save(out);

            assertThatThrownBy(() -> model.exportOnnx(out))
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContaining("holds a model")
                    .hasMessageContaining("exportOnnx(directory, Overwrite.ANY)");
            assertThat(out.resolve("model.safetensors")).exists();
            model.exportOnnx(out, Overwrite.ANY);
            assertThat(out.resolve("model.safetensors")).doesNotExist();
            assertThatThrownBy(() -> model.save(out)).hasMessageContaining("holds an ONNX model");
        }
    }

    @Test
    void labelsAndCalibrationComeBackWithTheModel() {
        final Dataset<Text> data = Dataset.of(
                Text.class,
                List.of(
                        new Example<>(Text.of("good"), Label.of("x")),
                        new Example<>(Text.of("bad"), Label.of("y")),
                        new Example<>(Text.of("a good film"), Label.of("x"))));
        try (FineTuned<Text> model =
                FineTuner.from(BERT).head(Heads.classes("x", "y")).untrained(Text.class)) {
            Models.shake(model, 1);
            final FineTuned<Text> calibrated = model.calibrate(data);
            calibrated.exportOnnx(folder.resolve("out"));
            try (FineTuned<Text> again = FineTuned.load(folder.resolve("out"));
                    OnnxRuntime runtime = OnnxRuntime.open(folder.resolve("out"))) {
                assertThat(again.labels()).containsExactly("x", "y");
                assertThat(again.loadReport().newlyInitialized()).isEmpty();
                assertThat(again.calibration()).isEqualTo(calibrated.calibration());
                assertThat(again.evaluate(data).get("log_loss"))
                        .isEqualTo(calibrated.evaluate(data).get("log_loss"));
                assertThat(runtime.metadata().get("calibration")).contains("temperature");
            }
        }
    }

    /** Where all names begin alike, as those of a trunk alone do. */
    @Test
    void namesAreReadAsTheyWereWritten() {
        try (FineTuned<Text> model =
                FineTuner.from(BERT).head(Heads.features(Pooling.MEAN)).untrained(Text.class)) {
            model.exportOnnx(folder.resolve("out"));
            try (Weights weights = Weights.open(folder.resolve("out/model.onnx"))) {
                assertThat(weights.names()).isNotEmpty().allMatch(name -> name.startsWith("bert."));
                assertThat(weights.notes()).isEmpty();
            }
        }
    }
}
