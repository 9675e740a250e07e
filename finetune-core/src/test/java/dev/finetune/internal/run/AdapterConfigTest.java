package dev.finetune.internal.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.error.FinetuneException;
import dev.finetune.peft.Lora;
import dev.finetune.peft.PeftMethod;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What PEFT would compute otherwise is refused by name; what makes no difference is not. */
class AdapterConfigTest {
    @TempDir
    private Path folder;

    private PeftMethod read(String more) throws IOException {
        Files.writeString(folder.resolve("adapter_config.json"), "{\"peft_type\": \"LORA\"" + more + "}");
        return AdapterFiles.read(folder);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "init_lora_weights | \"pissa\" | path_initial_model_for_weight_conversion",
                "init_lora_weights | \"pissa_niter_16\" | path_initial_model_for_weight_conversion",
                "init_lora_weights | \"OLoRA\" | path_initial_model_for_weight_conversion",
                "init_lora_weights | \"corda\" | path_initial_model_for_weight_conversion",
                "init_lora_weights | \"lora_ga\" | path_initial_model_for_weight_conversion",
                "init_lora_weights | \"loftq\" | quantised",
                "init_lora_weights | \"mica\" | gaussian",
                "use_qalora | true | not supported",
                "alora_invocation_tokens | [1, 2] | not supported",
                "layer_replication | [[0, 2], [1, 3]] | not supported",
                "kasa_config | {\"beta\": 1} | not supported",
                "not_yet_invented | true | not supported",
                "layers_to_transform | 1 | not supported",
                "exclude_modules | \".*0.*\" | not supported",
                "lora_bias | true | not supported",
                "r | null | a number should be there",
                "r | 2.5 | a whole number should be there",
                "r | 4294967298 | a whole number should be there",
                "lora_alpha | 1e400 | a finite number should be there",
                "init_lora_weights | {\"1\": 2} | a text should be there",
                "lora_alpha | \"much\" | a number should be there",
                "use_dora | \"yes\" | true or false should be there",
                "bias | \"some\" | lora_only",
                "target_modules | 3 | a list of names should be there",
                "rank_pattern | [1] | numbers by names",
                "rank_pattern | {\"value\": \"high\"} | a number should be there"
            })
    void whatPeftWouldComputeOtherwiseIsRefusedByName(String key, String value, String why) {
        assertThatThrownBy(() -> read(", \"" + key + "\": " + value))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("adapter_config.json: \"" + key + "\": ")
                .hasMessageContaining(why);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"init_lora_weights\": \"gaussian\"",
                "\"init_lora_weights\": \"eva\", \"eva_config\": {\"rho\": 2.0}",
                "\"init_lora_weights\": false",
                "\"fan_in_fan_out\": true",
                "\"init_lora_weights\": null, \"lora_bias\": null, \"bias\": null, \"use_dora\": null",
                "\"qalora_group_size\": 16, \"megatron_core\": \"megatron.core\", \"loftq_config\": {}",
                "\"use_qalora\": false, \"kasa_config\": null, \"auto_mapping\": {\"parent_library\": \"x\"}"
            })
    void whatMakesNoDifferenceIsRead(String more) throws IOException {
        assertThat(read(", \"r\": 4, " + more)).isInstanceOf(Lora.class);
    }

    @Test
    void whatIsNotSaidHasPeftsDefaultsAndATaskItsHead() throws IOException {
        final Lora lora = (Lora) read(", \"task_type\": \"SEQ_CLS\", \"modules_to_save\": [\"pooler\", \"score\"]");
        assertThat(lora.rank()).isEqualTo(8);
        assertThat(lora.alpha()).isEqualTo(8);
        assertThat(lora.dropout()).isZero();
        assertThat(lora.alsoTrained()).containsExactly("pooler", "score", "classifier");
        assertThat(read("").alsoTrained()).isEmpty();
        assertThat(read(", \"task_type\": \"QUESTION_ANS\"").alsoTrained()).containsExactly("qa_outputs");
    }
}
