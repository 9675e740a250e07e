package dev.finetune.lm.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.finetune.error.FinetuneException;
import dev.finetune.generate.BeamStop;
import dev.finetune.generate.Generation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GenerationConfigTest {
    /** facebook/bart-large-cnn's. */
    private static final String BART = "{'_from_model_config': true, 'bos_token_id': 0, 'decoder_start_token_id': 2,"
            + " 'early_stopping': true, 'eos_token_id': 2, 'forced_bos_token_id': 0, 'forced_eos_token_id': 2,"
            + " 'length_penalty': 2.0, 'max_length': 142, 'min_length': 56, 'no_repeat_ngram_size': 3,"
            + " 'num_beams': 4, 'pad_token_id': 1, 'transformers_version': '4.27.0.dev0'}";

    /** Qwen/Qwen2.5-7B-Instruct's. */
    private static final String QWEN = "{'bos_token_id': 151643, 'pad_token_id': 151643, 'do_sample': true,"
            + " 'eos_token_id': [151645, 151643], 'repetition_penalty': 1.05, 'temperature': 0.7, 'top_p': 0.8,"
            + " 'top_k': 20, 'transformers_version': '4.37.0'}";

    private static GenerationConfig of(String json) {
        return GenerationConfig.of(json(json), "generation_config.json");
    }

    private static JsonObject json(String json) {
        return JsonParser.parseString(json.replace('\'', '"')).getAsJsonObject();
    }

    @Test
    void whatModelsSayIsRead() {
        assertThat(of(BART))
                .isEqualTo(new GenerationConfig(
                        Generation.beams(4)
                                .earlyStopping(BeamStop.WHEN_FULL)
                                .stopTokens(2)
                                .lengthPenalty(2)
                                .maxLength(142)
                                .minLength(56)
                                .noRepeatNgram(3),
                        new SpecialIds(
                                OptionalInt.of(0),
                                OptionalInt.of(1),
                                OptionalInt.of(2),
                                OptionalInt.of(0),
                                List.of(2))));
        assertThat(of(QWEN).settings())
                .isEqualTo(Generation.sampled()
                        .stopTokens(151645, 151643)
                        .repetitionPenalty(1.05)
                        .temperature(0.7)
                        .topP(0.8)
                        .topK(20));
        assertThat(of("{}").settings()).isEqualTo(Generation.asTheModel());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                BART,
                QWEN,
                "{}",
                "{'temperature': 0}",
                "{'do_sample': false, 'num_beams': 1, 'prompt_lookup_num_tokens': 5}",
                "{'temperature': 0.6, 'stop_strings': ['a', 'b'], 'early_stopping': 'never'}"
            })
    void whatWasReadIsWrittenBack(String text, @TempDir Path directory) throws IOException {
        of(text).write(directory);
        assertThat(GenerationConfig.read(directory)).isEqualTo(of(text));
        final JsonObject written = JsonParser.parseString(Files.readString(directory.resolve(GenerationConfig.FILE)))
                .getAsJsonObject();
        json(text).entrySet().stream()
                .filter(field ->
                        !List.of("_from_model_config", "transformers_version").contains(field.getKey()))
                .forEach(field -> assertThat(written.get(field.getKey())).isEqualTo(field.getValue()));
    }

    @Test
    void thatNothingIsGuessedIsNotWrittenAsTransformersRefusesTheNumber() {
        final GenerationConfig config = new GenerationConfig(Generation.greedy().promptLookup(0), SpecialIds.none());
        assertThat(config.toJson().keySet()).containsExactlyInAnyOrder("do_sample", "num_beams");
        assertThat(of("{'prompt_lookup_num_tokens': 0}").settings().promptLookup())
                .isZero();
        assertThat(of("{}").settings().promptLookup()).isEqualTo(10);
    }

    @Test
    void anOlderModelSaysItInConfigJson(@TempDir Path directory) throws IOException {
        Files.writeString(
                directory.resolve("config.json"), "{\"model_type\": \"gpt2\", \"eos_token_id\": 7, \"n_layer\": 2}");
        assertThat(GenerationConfig.read(directory).settings())
                .isEqualTo(Generation.asTheModel().stopTokens(7));
    }

    @Test
    void anOlderBartSaysThatItsTextsBeginWithTheTokenForIt() {
        final String old = "{'bos_token_id': 3, 'force_bos_token_to_be_generated': ";
        assertThat(of(old + "true}").special().forcedFirst()).hasValue(3);
        assertThat(of(old + "true, 'forced_bos_token_id': 5}").special().forcedFirst())
                .hasValue(5);
        assertThat(of(old + "false}").special().forcedFirst()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            'typical_p': 0.9                      | 'typical_p' is 0.9, which changes what is written
            'bad_words_ids': [[1]]                | 'bad_words_ids' is [[1]]
            'renormalize_logits': true            | 'renormalize_logits' is true
            'guidance_scale': 3                   | 'guidance_scale' is 3
            'watermarking_config': {}             | 'watermarking_config' is {}
            'is_assistant': true                  | 'is_assistant' is true
            'do_sample': true, 'num_beams': 2     | samples of beams aren't supported
            'do_sample': 1                        | 'do_sample' is 1; expected true or false
            'top_p': 1.5                          | 'top_p' is 1.5: topP lies between 0 and 1
            'top_k': 2.5                          | 'top_k' is 2.5; expected a whole number
            'temperature': 'hot'                  | 'temperature' is "hot"; expected a number
            'temperature': 0, 'do_sample': true   | 'temperature' is 0: The temperature is above 0
            'temperature': -1                     | 'temperature' is -1: The temperature is above 0
            'remove_invalid_values': true         | 'remove_invalid_values' is true
            'num_beams': 0                        | 'num_beams' is 0: A beam search needs 1 beam
            'early_stopping': 'soon'              | expected true, false or "never"
            'eos_token_id': [1, -2]               | expected ids of tokens
            'pad_token_id': [1, 2]                | 'pad_token_id' is [1,2]; expected one token's id
            'stop_strings': [1]                   | expected a string, or a list of strings
            'min_new_tokens': 9, 'max_new_tokens': 3 | 'min_new_tokens' is 9: At least 9 new tokens
            """)
    void whatIsNotSupportedOrNoValueIsRefusedByName(String field, String message) {
        assertThatThrownBy(() -> of("{" + field + "}"))
                .isInstanceOf(FinetuneException.class)
                .hasMessageStartingWith("generation_config.json: '")
                .hasMessageContaining(message);
    }

    /** Transformers reads such a file, too, and refuses the temperature when it samples. */
    @Test
    void aTemperatureOfNothingIsNoMatterUntilTokensAreDrawn() {
        final TextGenerator cold = new TextGenerator(of("{'do_sample': false, 'temperature': 0.0}"), ids -> "");
        assertThat(cold.all(Generation.asTheModel())).isEqualTo(Generation.greedy());
        assertThat(cold.all(Generation.sampled().temperature(0.5)).temperature())
                .isEqualTo(0.5);
        assertThatThrownBy(() -> cold.all(Generation.sampled()))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContainingAll("temperature 0", "generation_config.json", "temperature(...)");
    }

    @Test
    void whatAsksForNothingIsNoMatter() {
        assertThat(of("{'typical_p': 1.0, 'top_h': null, 'bad_words_ids': [], 'renormalize_logits': false,"
                        + " 'num_beam_groups': 1, 'diversity_penalty': 0.0, 'pad_token_id': -1, 'use_cache': false}"))
                .isEqualTo(of("{}"));
    }
}
