package dev.finetune.lm.decoder;

import static dev.finetune.testkit.Numbers.assertClose;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.batch.HostBatch;
import dev.finetune.batch.HostTensor;
import dev.finetune.checkpoint.SafetensorsWriter;
import dev.finetune.checkpoint.Weights;
import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.data.Text;
import dev.finetune.error.FinetuneException;
import dev.finetune.golden.GoldenCase;
import dev.finetune.golden.GoldenFolders;
import dev.finetune.head.Heads;
import dev.finetune.internal.torch.GradientMode;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import dev.finetune.nn.Batch;
import dev.finetune.nn.ForwardContext;
import dev.finetune.peft.Lora;
import dev.finetune.train.DeviceChoice;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What config.json says of Gemma, in the words of different versions, and what isn't computed. */
class GemmaTest {
    @TempDir
    private Path folder;

    private static Path golden(String name) {
        return GoldenFolders.root().resolve(name).resolve("model");
    }

    private Path copy(String name) throws IOException {
        final Path model = Files.createDirectories(folder.resolve(name));
        try (Stream<Path> files = Files.list(golden(name))) {
            for (Path file : files.toList()) {
                Files.copy(file, model.resolve(file.getFileName()));
            }
        }
        return model;
    }

    private static JsonObject config(Path model) throws IOException {
        return JsonParser.parseString(Files.readString(model.resolve("config.json")))
                .getAsJsonObject();
    }

    private static FineTuned<Text> open(Path model) {
        return FineTuner.from(model)
                .head(Heads.causalLm())
                .device(DeviceChoice.CPU)
                .untrained(Text.class);
    }

    private static float[] logits(FineTuned<?> model, Map<String, HostTensor> columns) {
        final Map<String, HostTensor> inputs = new LinkedHashMap<>(columns);
        inputs.remove("labels");
        try (TensorScope scope = TensorScope.open();
                GradientMode off = GradientMode.off();
                Batch batch = new Batch(new HostBatch(inputs, List.of()), Tensors.cpu())) {
            return Tensors.floats(model.assembly()
                    .network()
                    .forward(batch, ForwardContext.evaluating())
                    .get("logits"));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"gemma-causal-lm", "gemma2-causal-lm", "gemma3-causal-lm"})
    void theKeysOfFilesOnTheHubSayTheSame(String name) throws IOException {
        final GoldenCase golden = GoldenCase.open(GoldenFolders.root().resolve(name));
        final Path model = copy(name);
        Files.copy(
                golden(name).resolve("config-hub.json"),
                model.resolve("config.json"),
                java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        try (FineTuned<Text> opened = open(model)) {
            assertClose(logits(opened, golden.batch(0).columns()), golden.expected("logits"), 1e-5, "logits");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "gemma-causal-lm | use_bidirectional_attention | true | \"use_bidirectional_attention\": true is not supported",
                "gemma-causal-lm | num_key_value_heads | 3 | must be a multiple of num_key_value_heads (3)",
                "gemma-causal-lm | partial_rotary_factor | 0.5 | only whole heads are turned",
                "gemma2-causal-lm | attn_logit_softcapping | 0 | \"attn_logit_softcapping\" is 0.0; it must be positive",
                "gemma2-causal-lm | final_logit_softcapping | -3 | \"final_logit_softcapping\" is -3.0; it must be positive",
                "gemma2-causal-lm | query_pre_attn_scalar | 0 | \"query_pre_attn_scalar\" is 0.0; it must be positive",
                "gemma2-causal-lm | sliding_window | null | \"sliding_window\" is null, but layers of the type",
                "gemma2-causal-lm | layer_types | [\"full_attention\"] | \"layer_types\" names 1 layers, and there are 3",
                "gemma3-causal-lm | layer_types | [\"linear_attention\", \"a\", \"b\", \"c\"] |"
                        + " \"linear_attention\" is not supported; known are full_attention and sliding_attention",
                "gemma3-causal-lm | attn_logit_softcapping | 50 | Gemma 3 caps no scores of attention",
                "gemma3-causal-lm | rope_parameters | {\"rope_type\": \"default\"} |"
                        + " \"rope_parameters\" has \"rope_type\", expected settings by the types of layers",
                "gemma3-causal-lm | rope_parameters | {\"full_attention\": {\"rope_type\": \"swing\"}} | rope_type",
                "gemma3-causal-lm | rope_scaling | 8 | \"rope_scaling\" must be an object, but is 8",
                "gemma3-causal-lm | hidden_activation | \"swallow\" | hidden_activation"
            })
    void whatIsntComputedIsRefusedByName(String name, String key, String value, String told) throws IOException {
        final Path model = copy(name);
        final JsonObject config = config(model);
        config.add(key, JsonParser.parseString(value));
        Files.writeString(model.resolve("config.json"), config.toString());
        assertThatThrownBy(() -> open(model))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining(told);
    }

    @Test
    void gemma3WithPicturesIsRefusedByItsType() throws IOException {
        final Path model = copy("gemma3-causal-lm");
        final JsonObject config = config(model);
        config.addProperty("model_type", "gemma3");
        Files.writeString(model.resolve("config.json"), config.toString());
        assertThatThrownBy(() -> open(model))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("gemma3");
    }

    /** Without a cap the scores are other ones: so it was there. */
    @ParameterizedTest
    @ValueSource(strings = {"attn_logit_softcapping", "final_logit_softcapping"})
    void aCapOfNullIsNone(String key) throws IOException {
        final GoldenCase golden = GoldenCase.open(GoldenFolders.root().resolve("gemma2-causal-lm"));
        final Path model = copy("gemma2-causal-lm");
        final JsonObject config = config(model);
        config.add(key, com.google.gson.JsonNull.INSTANCE);
        Files.writeString(
                model.resolve("config.json"),
                new com.google.gson.GsonBuilder().serializeNulls().create().toJson(config));
        try (FineTuned<Text> opened = open(model)) {
            final float[] without = logits(opened, golden.batch(0).columns());
            final float[] with = golden.expected("logits");
            float largest = 0;
            float difference = 0;
            for (int i = 0; i < with.length; i++) {
                largest = Math.max(largest, Math.abs(without[i]));
                difference = Math.max(difference, Math.abs(without[i] - with[i]));
            }
            assertThat(difference).isGreaterThan(0.05f);
            assertThat(largest > 1.2f).isEqualTo(key.startsWith("final"));
        }
    }

    @Test
    void aBaseInBfloat16MultipliesItsEmbeddingsWithARootOfAsManyDigits() throws IOException {
        assertThat(GemmaEmbeddings.toBfloat16((float) Math.sqrt(3072))).isEqualTo(55.5f);
        assertThat(GemmaEmbeddings.toBfloat16(1 + 0x1p-8f)).isEqualTo(1f);
        assertThat(GemmaEmbeddings.toBfloat16(1 + 3 * 0x1p-8f)).isEqualTo(1 + 0x1p-6f);
        final Path model = copy("gemma3-causal-lm");
        try (Weights weights = Weights.open(golden("gemma3-causal-lm").resolve("model.safetensors"));
                TensorScope scope = TensorScope.open()) {
            final Map<String, Tensor> tensors = new LinkedHashMap<>();
            weights.names().forEach(name -> tensors.put(name, weights.read(name).to(ScalarType.BFloat16)));
            Files.delete(model.resolve("model.safetensors"));
            SafetensorsWriter.write(model.resolve("model.safetensors"), tensors, Map.of());
        }
        final Dataset<Text> texts =
                Dataset.of(Text.class, List.of(new Example<>(Text.of("great sound , weak bass"), Label.none())));
        final GoldenCase golden = GoldenCase.open(GoldenFolders.root().resolve("gemma3-causal-lm"));
        try (FineTuned<Text> halves = FineTuner.from(model)
                        .lora(Lora.rank(2))
                        .head(Heads.causalLm())
                        .device(DeviceChoice.CPU)
                        .epochs(1)
                        .fit(texts, texts);
                FineTuned<Text> floats = open(model)) {
            final float half = embedded(halves, golden);
            final float whole = embedded(floats, golden);
            assertThat((double) half / whole)
                    .isCloseTo(GemmaEmbeddings.toBfloat16((float) Math.sqrt(32)) / Math.sqrt(32), within(1e-6));
        }
    }

    private static float embedded(FineTuned<?> model, GoldenCase golden) {
        final float[][] first = {{}};
        try (TensorScope scope = TensorScope.open();
                GradientMode off = GradientMode.off();
                Batch batch = new Batch(golden.batch(0), Tensors.cpu())) {
            model.assembly().network().trunk(batch, ForwardContext.evaluating(), stage -> {
                if (first[0].length == 0) {
                    first[0] = Tensors.floats(stage);
                }
            });
        }
        return first[0][0];
    }
}
