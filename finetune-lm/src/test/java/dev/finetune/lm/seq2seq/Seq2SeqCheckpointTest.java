package dev.finetune.lm.seq2seq;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.checkpoint.DType;
import dev.finetune.checkpoint.SafetensorsWriter;
import dev.finetune.checkpoint.Weights;
import dev.finetune.data.Text;
import dev.finetune.error.FinetuneException;
import dev.finetune.generate.Generation;
import dev.finetune.golden.GoldenCase;
import dev.finetune.golden.GoldenDevice;
import dev.finetune.head.Head;
import dev.finetune.head.Heads;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.nn.Parameter;
import dev.finetune.peft.Lora;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which checkpoints of encoders and decoders are read, and which are refused, by what name. */
class Seq2SeqCheckpointTest {
    @TempDir
    private Path folder;

    /** A copy of a model with other settings and tensors. */
    private Path changed(String name, Consumer<JsonObject> config, Consumer<Map<String, Tensor>> tensors) {
        try (TensorScope scope = TensorScope.open();
                Stream<Path> files = Files.list(Seq2SeqCases.model(name))) {
            for (Path file : files.toList()) {
                Files.copy(file, folder.resolve(file.getFileName().toString()));
            }
            final JsonObject json = JsonParser.parseString(
                            Files.readString(Seq2SeqCases.model(name).resolve("config.json")))
                    .getAsJsonObject();
            config.accept(json);
            Files.writeString(folder.resolve("config.json"), json.toString());
            final Map<String, Tensor> all = new LinkedHashMap<>();
            try (Weights weights = Weights.open(Seq2SeqCases.model(name))) {
                weights.names().forEach(each -> all.put(each, weights.read(each, DType.F32)));
            }
            tensors.accept(all);
            Files.delete(folder.resolve("model.safetensors"));
            SafetensorsWriter.writeSharded(folder, all, SafetensorsWriter.DEFAULT_MAX_SHARD_BYTES);
            return folder;
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static FineTuned<Text> open(Path model) {
        return FineTuner.from(model).device(GoldenDevice.choice()).untrained(Text.class);
    }

    private static float[] logits(Path model, String name) {
        final GoldenCase golden = Seq2SeqCases.open(name);
        try (FineTuned<Text> opened = open(model)) {
            return Seq2SeqGoldenTest.logits(opened.assembly(), golden.batch(0), new LinkedHashMap<>());
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "t5-summarization | is_decoder | true",
                "t5-summarization | is_encoder_decoder | false",
                "t5-summarization | dense_act_fn | relu",
                "t5-summarization | is_gated_act | false",
                "t5-summarization | feed_forward_proj | gated-swallow",
                "t5-summarization | relative_attention_max_distance | 2",
                "t5-summarization | decoder_start_token_id | 273",
                "t5-summarization | dropout_rate | 1.5",
                "t5-summarization | quantization_config | {}",
                "bart-summarization | normalize_before | true",
                "bart-summarization | add_final_layer_norm | true",
                "bart-summarization | static_position_embeddings | true",
                "bart-summarization | tie_word_embeddings | false",
                "bart-summarization | encoder_layerdrop | 0.1",
                "bart-summarization | decoder_layerdrop | 0.1",
                "bart-summarization | activation_function | swallow",
                "bart-summarization | pad_token_id | -1",
                "t5-summarization | num_hidden_layers | 7",
                "t5-summarization | head_dim | 7",
                "bart-summarization | num_attention_heads | 7",
                "bart-summarization | hidden_size | 7"
            })
    void whatChangesTheComputationAndIsntKnownIsRefusedByName(String name, String key, String value) {
        final Path changed = changed(name, json -> json.add(key, JsonParser.parseString(value)), tensors -> {});
        assertThatThrownBy(() -> open(changed))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining(key);
    }

    /** Greedy texts of Transformers 5.18, which goes by config.json, where it is 2, in training alone. */
    @ParameterizedTest
    @CsvSource({"'\"decoder_start_token_id\": 7,', 52 52 52 52 52 52", "'', 16 16 16 16 52 52"})
    void whatIsWrittenBeginsAsGenerationConfigSaysElseWithTheTokenThatTextsBeginWith(String start, String ids)
            throws IOException {
        final Path changed = changed("bart-summarization", json -> {}, tensors -> {});
        Files.writeString(
                changed.resolve("generation_config.json"),
                "{" + start + " \"bos_token_id\": 0, \"eos_token_id\": 2, \"pad_token_id\": 1}");
        try (FineTuned<Text> opened = open(changed)) {
            assertThat(opened.generate(
                                    Text.of("great sound , weak bass"),
                                    Generation.greedy().maxNewTokens(6))
                            .ids())
                    .isEqualTo(Stream.of(ids.split(" ")).map(Integer::valueOf).toList());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"adapted", "trained"})
    void anAdapterOfTheSharedWordsIsRefused(String how) {
        final Lora lora = how.equals("adapted")
                ? Lora.rank(2).targets("shared")
                : Lora.rank(2).alsoTrained("shared");
        assertThatThrownBy(() -> FineTuner.from(Seq2SeqCases.model("bart-summarization"))
                        .device(GoldenDevice.choice())
                        .lora(lora)
                        .untrained(Text.class))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("\"model.shared\" does nothing in PEFT");
    }

    @Test
    void aT5WithoutAFirstTokenForItsDecoderIsRefused() {
        final Path changed = changed(
                "t5-summarization", json -> json.add("decoder_start_token_id", JsonNull.INSTANCE), tensors -> {});
        assertThatThrownBy(() -> open(changed))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("\"decoder_start_token_id\", the token that the decoder begins with");
    }

    @ParameterizedTest
    @CsvSource({"t5-summarization, shared.weight, ''", "bart-summarization, model.shared.weight, model."})
    void wordsThatAreStoredUnderAllTheirNamesAreOne(String name, String shared, String prefix) {
        final Path changed = changed(name, json -> {}, tensors -> {
            for (String copy : new String[] {
                prefix + "encoder.embed_tokens.weight", prefix + "decoder.embed_tokens.weight", "lm_head.weight"
            }) {
                tensors.put(copy, tensors.get(shared).clone());
            }
        });
        try (FineTuned<Text> opened = open(changed)) {
            assertThat(opened.loadReport().isComplete())
                    .as(opened.loadReport().summary())
                    .isTrue();
            assertThat(opened.assembly().network().parameters().stream().map(Parameter::name))
                    .contains(shared)
                    .doesNotContain("lm_head.weight");
        }
        assertThat(logits(changed, name)).isEqualTo(logits(Seq2SeqCases.model(name), name));
    }

    @ParameterizedTest
    @CsvSource({
        "t5-summarization, shared.weight, decoder.embed_tokens.weight",
        "t5-summarization, shared.weight, lm_head.weight",
        "bart-summarization, model.shared.weight, model.encoder.embed_tokens.weight"
    })
    void wordsThatAreStoredUnderAnotherNameAloneAreFound(String name, String shared, String other) {
        final Path changed = changed(name, json -> {}, tensors -> tensors.put(other, tensors.remove(shared)));
        assertThat(logits(changed, name)).isEqualTo(logits(Seq2SeqCases.model(name), name));
    }

    @Test
    void aBartThatWasSavedAsABaseModelIsRead() {
        final Path changed = changed("bart-summarization", json -> {}, tensors -> {
            final Map<String, Tensor> all = new LinkedHashMap<>(tensors);
            tensors.clear();
            all.forEach((name, tensor) -> tensors.put(name.replaceFirst("^model\\.", ""), tensor));
            tensors.remove("final_logits_bias"); // As Transformers, without it it is zero, and so it is in this model.
        });
        assertThat(logits(changed, "bart-summarization"))
                .isEqualTo(logits(Seq2SeqCases.model("bart-summarization"), "bart-summarization"));
    }

    @Test
    void anEncoderWithWordsOfItsOwnIsRefused() {
        final Path changed = changed(
                "t5-summarization",
                json -> {},
                tensors -> tensors.put(
                        "encoder.embed_tokens.weight",
                        tensors.get("shared.weight").mul(new Scalar(2.0))));
        assertThatThrownBy(() -> open(changed))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("encoder.embed_tokens.weight isn't the same as its shared.weight");
    }

    @Test
    void aCheckpointOfMoreLayersThanItsConfigurationIsRefused() {
        final Path changed = changed("t5-relu", json -> json.addProperty("num_decoder_layers", 2), tensors -> {});
        assertThatThrownBy(() -> open(changed))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("decoder.block.2.layer.0.SelfAttention.k.weight");
    }

    @ParameterizedTest
    @ValueSource(strings = {"t5-summarization", "t5-untied", "t5-relu", "bart-summarization", "bart-scaled"})
    void aSavedModelIsTheSame(String name) {
        final Path saved = folder.resolve("saved");
        try (FineTuned<Text> opened = FineTuner.from(Seq2SeqCases.model(name))
                .head(Heads.seq2SeqLm().withMaxTarget(9))
                .device(GoldenDevice.choice())
                .untrained(Text.class)) {
            opened.save(saved);
        }
        assertThat(logits(saved, name)).isEqualTo(logits(Seq2SeqCases.model(name), name));
        try (FineTuned<Text> opened = open(saved);
                Weights before = Weights.open(Seq2SeqCases.model(name));
                Weights after = Weights.open(saved)) {
            assertThat(((Head.Seq2SeqLm) opened.assembly().task().head()).maxTarget())
                    .isEqualTo(9);
            assertThat(after.names()).containsExactlyInAnyOrderElementsOf(before.names());
        }
    }

    @Test
    void anotherHeadIsRefused() {
        assertThatThrownBy(() -> FineTuner.from(Seq2SeqCases.model("t5-relu"))
                        .head(2)
                        .device(GoldenDevice.choice())
                        .untrained(Text.class))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("it has no head for Classification, only Heads.seq2SeqLm()");
    }

    @Test
    void moreTokensThanThereArePositionsAreRefused() {
        assertThatThrownBy(() -> FineTuner.from(Seq2SeqCases.model("bart-scaled"))
                        .maxLength(65)
                        .device(GoldenDevice.choice())
                        .untrained(Text.class))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("maxLength(65): the model reads at most 64 tokens");
    }
}
