package dev.finetune.lm.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.batch.CollateContext;
import dev.finetune.batch.Encoded;
import dev.finetune.batch.HostTensor;
import dev.finetune.batch.InputEncoder;
import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.data.Text;
import dev.finetune.error.FinetuneException;
import dev.finetune.generate.Generation;
import dev.finetune.golden.GoldenFolders;
import dev.finetune.head.Heads;
import dev.finetune.lm.input.LmInputs;
import dev.finetune.testkit.TinyModels;
import dev.finetune.train.DeviceChoice;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What would change nothing, or what isn't computed, is refused by its name. */
class IgnoredSettingsTest {
    @TempDir
    private Path folder;

    private static FineTuner of(Path model) {
        return FineTuner.from(model).device(DeviceChoice.CPU);
    }

    private static Path golden(String name) {
        return GoldenFolders.root().resolve(name).resolve("model");
    }

    /** A golden model with another value in its config.json. */
    private Path changed(String name, String key, String value) throws IOException {
        final Path model = Files.createDirectories(folder.resolve(name));
        try (Stream<Path> files = Files.list(golden(name))) {
            for (Path file : files.toList()) {
                Files.copy(file, model.resolve(file.getFileName()));
            }
        }
        final JsonObject config = JsonParser.parseString(Files.readString(model.resolve("config.json")))
                .getAsJsonObject();
        config.add(key, JsonParser.parseString(value));
        Files.writeString(model.resolve("config.json"), config.toString());
        return model;
    }

    @Test
    void rowsOfLanguageModelsAreRefusedWhereTextsHaveRowsOfTheirOwn() {
        assertThatThrownBy(() -> of(TinyModels.gpt2(folder))
                        .head("a", "b")
                        .inputs(LmInputs.packed())
                        .untrained(Text.class))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("inputs(packed): a Classification head reads each text as a row of its own");
        assertThatThrownBy(() -> of(golden("llama-causal-lm"))
                        .head("a", "b")
                        .inputs(LmInputs.rows())
                        .untrained(Text.class))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("Leave it out");
        assertThatThrownBy(() -> of(TinyModels.bert(folder.resolve("bert")))
                        .head("a", "b")
                        .inputs(LmInputs.packed())
                        .untrained(Text.class))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("inputs(packed): this model reads each text as a row of its own");
    }

    @ParameterizedTest
    @ValueSource(strings = {"t5-relu", "bart-scaled"})
    void rowsOfLanguageModelsAreRefusedWhereATextIsWrittenForAText(String name) {
        assertThatThrownBy(() -> of(golden(name))
                        .head(Heads.seq2SeqLm())
                        .inputs(LmInputs.packed())
                        .untrained(Text.class))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("inputs(packed): a model that reads one text and writes another");
    }

    @Test
    void moreToWriteThanTheModelHasPositionsForIsRefused() {
        assertThatThrownBy(() -> of(golden("bart-scaled"))
                        .head(Heads.seq2SeqLm().withMaxTarget(65))
                        .untrained(Text.class))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("withMaxTarget(65): the model writes at most 64 tokens");
        try (FineTuned<Text> model =
                of(golden("bart-scaled")).head(Heads.seq2SeqLm()).untrained(Text.class)) {
            assertThat(model.generate(
                                    Text.of("great sound"),
                                    Generation.greedy().minNewTokens(64).maxNewTokens(64))
                            .ids())
                    .hasSize(64);
            assertThatThrownBy(() -> model.generate(
                            Text.of("great sound"), Generation.greedy().maxNewTokens(65)))
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContaining("65 new tokens is more than the 64");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "llama-causal-lm | rope_parameters | {\"full_attention\": {\"rope_type\": \"default\", \"rope_theta\": 1e4}} |"
                        + " \"rope_parameters\" has settings of their own for \"full_attention\"",
                "qwen3-causal-lm | rope_scaling | {\"sliding_attention\": {\"type\": \"linear\", \"factor\": 2}} |"
                        + " \"rope_scaling\" has settings of their own for \"sliding_attention\"",
                "llama-causal-lm | pad_token_id | 100000 | \"pad_token_id\" is 100000, and must be one of the",
                "gpt2-causal-lm | pad_token_id | -100000 | \"pad_token_id\" is -100000, and must be one of the",
                "llama-causal-lm | partial_rotary_factor | 0.5 | only whole heads are turned",
                "llama-causal-lm | hidden_act | \"swallow\" | hidden_act",
                "gpt2-causal-lm | activation_function | \"swallow\" | activation_function",
                "gpt2-causal-lm | add_cross_attention | true | add_cross_attention",
                "gpt2-causal-lm | num_attention_heads | 2 | \"num_attention_heads\" is 2, which Transformers takes for \"n_head\"",
                "gpt2-causal-lm | num_hidden_layers | 1 | \"n_layer\", but that is 2"
            })
    void whatAConfigurationAsksForAndIsntComputedIsRefused(String name, String key, String value, String told)
            throws IOException {
        final Path model = changed(name, key, value);
        assertThatThrownBy(() -> of(model).head(Heads.causalLm()).untrained(Text.class))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining(told);
    }

    /** Old checkpoints of Llama say so; Transformers 5.18 then has the last token's embedding learn nothing. */
    @Test
    void aPaddingTokenOfMinusOneIsNone() throws IOException {
        final Dataset<Text> data = Dataset.of(
                Text.class,
                List.of(
                        new Example<>(Text.of("once there was a mouse"), Label.none()),
                        new Example<>(Text.of("once"), Label.none())));
        try (FineTuned<Text> model = of(changed("llama-causal-lm", "pad_token_id", "-1"))
                .head(Heads.causalLm())
                .epochs(1)
                .batchSize(2)
                .fit(data, data)) {
            @SuppressWarnings("unchecked")
            final InputEncoder<Object> encoder =
                    (InputEncoder<Object>) (InputEncoder<?>) model.assembly().encoder();
            final List<Encoded> rows = encoder.encode(List.of(
                    new Example<>(Text.of("once there was a mouse"), Label.none()),
                    new Example<>(Text.of("once"), Label.none())));
            final HostTensor ids = encoder.collate(rows, new CollateContext(CollateContext.Purpose.EVALUATION, 0))
                    .columns()
                    .get("input_ids");
            assertThat(LongStream.of(((HostTensor.Longs) ids).data())).allMatch(id -> id >= 0);
            assertThat(model.evaluation().get("loss")).isFinite();
        }
    }

    @Test
    void aPromptThatIsTooLongSaysHowToMendIt() {
        try (FineTuned<Text> model =
                of(TinyModels.gpt2(folder)).head(Heads.causalLm()).untrained(Text.class)) {
            assertThatThrownBy(() -> model.generate(
                            Text.of("x".repeat(250)), Generation.greedy().maxNewTokens(20)))
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContaining("A prompt of 250 tokens and 20 new ones are more than the 256")
                    .hasMessageContaining("maxNewTokens), or shorten the prompt by 13 tokens at least");
        }
    }
}
