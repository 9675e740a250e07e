package dev.finetune.lm.golden;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.batch.HostTensor;
import dev.finetune.checkpoint.DType;
import dev.finetune.checkpoint.SafetensorsWriter;
import dev.finetune.checkpoint.Weights;
import dev.finetune.data.Text;
import dev.finetune.golden.GoldenDevice;
import dev.finetune.golden.GoldenFolders;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.nn.Parameter;
import dev.finetune.peft.Lora;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Where the output layer shares the embeddings' weight, as config.json says (Qwen2's does), and where it doesn't all the same. What is
 * expected was compared with Transformers 5.18 and PEFT 0.21: each is a model that isn't tied, with the two matrices said here.
 */
class OutputTieTest {
    private static final String WORDS = "model.embed_tokens.weight";
    private static final String OUTPUT = "lm_head.weight";
    private static final String QUERY = "model.layers.0.self_attn.q_proj";
    private static final Path MODEL =
            GoldenFolders.root().resolve("qwen2-causal-lm").resolve("model");

    @TempDir
    private Path folder;

    /** A copy of the model with other settings and tensors. */
    private Path changed(String name, Consumer<JsonObject> config, Consumer<Map<String, Tensor>> tensors) {
        final Path copy = folder.resolve(name);
        try (TensorScope scope = TensorScope.open();
                Stream<Path> files = Files.list(MODEL)) {
            Files.createDirectories(copy);
            for (Path file : files.toList()) {
                Files.copy(file, copy.resolve(file.getFileName().toString()));
            }
            final JsonObject json = JsonParser.parseString(Files.readString(MODEL.resolve("config.json")))
                    .getAsJsonObject();
            config.accept(json);
            Files.writeString(copy.resolve("config.json"), json.toString());
            final Map<String, Tensor> all = new LinkedHashMap<>();
            try (Weights weights = Weights.open(MODEL)) {
                weights.names().forEach(each -> all.put(each, weights.read(each, DType.F32)));
            }
            tensors.accept(all);
            Files.delete(copy.resolve("model.safetensors"));
            SafetensorsWriter.writeSharded(copy, all, SafetensorsWriter.DEFAULT_MAX_SHARD_BYTES);
            return copy;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Untied, with these matrices in place of the embeddings' own. */
    private float[] untied(String name, Consumer<Map<String, Tensor>> tensors) {
        return logits(FineTuner.from(changed(name, json -> json.addProperty("tie_word_embeddings", false), all -> {
            all.put(OUTPUT, all.get(WORDS).clone());
            tensors.accept(all);
        })));
    }

    private static Tensor other(Tensor words) {
        return words.flip(0).mul(new Scalar(1.5));
    }

    private static FineTuned<Text> open(FineTuner tuner) {
        return tuner.device(GoldenDevice.choice()).untrained(Text.class);
    }

    private static float[] logits(FineTuner tuner) {
        try (FineTuned<Text> model = open(tuner)) {
            return logits(model);
        }
    }

    private static float[] logits(FineTuned<Text> model) {
        return DecoderParityTest.logits(
                model,
                Map.of(
                        "input_ids", new HostTensor.Longs(new long[] {7, 300, 12, 45}, 1, 4),
                        "attention_mask", new HostTensor.Longs(new long[] {1, 1, 1, 1}, 1, 4)),
                new ArrayList<>());
    }

    /** An adapter that adds nothing to a layer, and has a matrix of its own for each of some names. */
    private Path adapter(String... trainedWhole) {
        final Path adapter = folder.resolve("adapter");
        try (TensorScope scope = TensorScope.open();
                Weights weights = Weights.open(MODEL)) {
            Files.createDirectories(adapter);
            final Map<String, Tensor> all = new LinkedHashMap<>();
            all.put("base_model.model." + QUERY + ".lora_A.weight", torch.ones(1, 32));
            all.put("base_model.model." + QUERY + ".lora_B.weight", torch.zeros(32, 1));
            for (String each : trainedWhole) {
                final Tensor words = weights.read(WORDS, DType.F32);
                final String name = each.equals("lm_head") ? OUTPUT : WORDS;
                all.put("base_model.model." + name, each.equals("lm_head") ? other(words) : words.neg());
            }
            SafetensorsWriter.write(adapter.resolve("adapter_model.safetensors"), all, Map.of("format", "pt"));
            Files.writeString(
                    adapter.resolve("adapter_config.json"),
                    "{\"peft_type\": \"LORA\", \"r\": 1, \"target_modules\": [\"layers.0.self_attn.q_proj\"],"
                            + " \"modules_to_save\": [\"" + String.join("\", \"", trainedWhole) + "\"]}");
            return adapter;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void aCheckpointThatHoldsAnotherOutputLayerComputesWithItAndIsSavedSo() throws IOException {
        final Path both = changed("both", json -> {}, all -> all.put(OUTPUT, other(all.get(WORDS))));
        final float[] expected = untied("untied", all -> all.put(OUTPUT, other(all.get(WORDS))));

        assertThat(expected).isNotEqualTo(logits(FineTuner.from(MODEL)));
        try (FineTuned<Text> model = open(FineTuner.from(both))) {
            assertThat(logits(model)).isEqualTo(expected);
            assertThat(model.loadReport().isComplete())
                    .as(model.loadReport().summary())
                    .isTrue();
            model.save(folder.resolve("saved"));
        }
        assertThat(JsonParser.parseString(
                                Files.readString(folder.resolve("saved").resolve("config.json")))
                        .getAsJsonObject()
                        .get("tie_word_embeddings")
                        .getAsBoolean())
                .isFalse();
        assertThat(logits(FineTuner.from(folder.resolve("saved")))).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aMatrixThatIsStoredUnderBothNamesOrTheOtherOneIsShared(boolean both) {
        final Path copy = changed("copy", json -> {}, all -> {
            all.put(OUTPUT, all.get(WORDS).clone());
            if (!both) {
                all.remove(WORDS);
            }
        });
        try (FineTuned<Text> model = open(FineTuner.from(copy))) {
            assertThat(model.loadReport().isComplete())
                    .as(model.loadReport().summary())
                    .isTrue();
            assertThat(model.assembly().network().parameters().stream().map(Parameter::name))
                    .contains(WORDS)
                    .doesNotContain(OUTPUT);
            assertThat(logits(model)).isEqualTo(logits(FineTuner.from(MODEL)));
        }
    }

    @Test
    void anAdaptersEmbeddingsLeaveTheOutputLayerAsItWas() {
        assertThat(logits(FineTuner.from(MODEL).adapter(adapter("embed_tokens"))))
                .isEqualTo(untied("untied", all -> all.put(WORDS, all.get(WORDS).neg())));
    }

    @Test
    void anAdaptersOutputLayerLeavesTheEmbeddingsAsTheyWere() {
        assertThat(logits(FineTuner.from(MODEL).adapter(adapter("lm_head"))))
                .isEqualTo(untied("untied", all -> all.put(OUTPUT, other(all.get(WORDS)))));
    }

    @Test
    void anAdapterMayHaveBothAndIsMergedIntoAModelThatIsNotTied() {
        final float[] expected = untied("untied", all -> {
            all.put(OUTPUT, other(all.get(WORDS)));
            all.put(WORDS, all.get(WORDS).neg());
        });
        try (FineTuned<Text> model = open(FineTuner.from(MODEL).adapter(adapter("embed_tokens", "lm_head")))) {
            assertThat(logits(model)).isEqualTo(expected);
            model.saveAdapter(folder.resolve("again"));
            model.save(folder.resolve("merged"));
        }
        assertThat(logits(FineTuner.from(MODEL).adapter(folder.resolve("again"))))
                .isEqualTo(expected);
        assertThat(logits(FineTuner.from(folder.resolve("merged")))).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(strings = {"lm_head", "embed_tokens"})
    void aNewAdapterOfOneOfTheTwoIsOfThatOneAlone(String layer) {
        try (FineTuned<Text> model =
                open(FineTuner.from(MODEL).lora(Lora.rank(2).targets(layer)))) {
            assertThat(model.assembly().network().adaptedLayers())
                    .containsExactly(layer.equals("lm_head") ? "lm_head" : "model.embed_tokens");
            assertThat(model.assembly().network().parameters().stream().map(Parameter::name))
                    .containsAll(List.of(WORDS, OUTPUT));
            assertThat(logits(model)).isEqualTo(logits(FineTuner.from(MODEL)));
        }
    }
}
