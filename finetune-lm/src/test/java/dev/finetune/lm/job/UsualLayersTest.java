package dev.finetune.lm.job;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import dev.finetune.peft.Ia3;
import dev.finetune.peft.LayerNames;
import dev.finetune.peft.Lora;
import dev.finetune.peft.TargetLayers;
import dev.finetune.spi.LanguageModelFamily;
import dev.finetune.spi.ModelConfig;
import dev.finetune.spi.ModelFamily;
import dev.finetune.spi.TextModelFamily;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.ServiceLoader;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The layers that methods adapt where nobody names any, by the model's type. */
class UsualLayersTest {
    private static LayerNames names(String type) {
        final JsonObject json = new JsonObject();
        json.addProperty("model_type", type);
        final ModelConfig config = ModelConfig.of(Path.of("config.json"), json);
        return Stream.concat(
                        ServiceLoader.load(TextModelFamily.class).stream(),
                        ServiceLoader.load(LanguageModelFamily.class).stream())
                .<ModelFamily>map(ServiceLoader.Provider::get)
                .filter(family -> family.recognises(config))
                .findFirst()
                .orElseThrow()
                .layerNames(config);
    }

    private static List<String> list(String names) {
        return Arrays.asList(names.split(" "));
    }

    /** From peft/utils/constants.py of PEFT 0.21: TRANSFORMERS_MODELS_TO_LORA_TARGET_MODULES_MAPPING, and those of IA3. */
    @ParameterizedTest
    @CsvSource({
        "t5, q v, k v wo, wo",
        "bart, q_proj v_proj, q_proj v_proj fc2, fc2",
        "gpt2, c_attn, c_attn mlp.c_proj, mlp.c_proj",
        "bert, query value, key value output.dense, output.dense",
        "roberta, query value, key value output.dense, output.dense",
        "deberta-v2, query_proj value_proj, key_proj value_proj output.dense, output.dense",
        "llama, q_proj v_proj, k_proj v_proj down_proj, down_proj",
        "mistral, q_proj v_proj, k_proj v_proj down_proj, down_proj",
        "gemma, q_proj v_proj, q_proj v_proj down_proj, down_proj",
        "gemma2, q_proj v_proj, q_proj v_proj down_proj, down_proj",
        "gemma3_text, q_proj v_proj, q_proj v_proj down_proj, down_proj",
        "qwen2, q_proj v_proj, q_proj v_proj down_proj, down_proj",
        "qwen3, q_proj v_proj, q_proj v_proj down_proj, down_proj"
    })
    void loraAndIa3AdaptWhatPeftAdapts(String type, String lora, String ia3, String feedForward) {
        assertThat(Lora.rank(2).on(names(type)).targets()).isEqualTo(new TargetLayers.Named(list(lora)));
        final Ia3 usual = Ia3.usual().on(names(type));
        assertThat(usual.targets()).isEqualTo(new TargetLayers.Named(list(ia3)));
        assertThat(usual.feedForward()).hasValue(list(feedForward));
    }

    /** PEFT knows layers of these types for LoRA alone. */
    @ParameterizedTest
    @CsvSource({"xlm-roberta, query value", "electra, query value"})
    void loraAdaptsWhatPeftAdapts(String type, String lora) {
        assertThat(Lora.rank(2).on(names(type)).targets()).isEqualTo(new TargetLayers.Named(list(lora)));
    }

    /** PEFT wants them named. */
    @ParameterizedTest
    @CsvSource({
        "camembert, query value, key value output.dense",
        "albert, query value, key value ffn_output",
        "distilbert, q_lin v_lin, k_lin v_lin ffn.lin2",
        "mpnet, q v, k v output.dense",
        "modernbert, Wqkv, Wqkv mlp.Wo"
    })
    void otherTypesHaveWhatIsLikeThem(String type, String lora, String ia3) {
        assertThat(Lora.rank(2).on(names(type)).targets()).isEqualTo(new TargetLayers.Named(list(lora)));
        assertThat(Ia3.usual().on(names(type)).targets()).isEqualTo(new TargetLayers.Named(list(ia3)));
    }
}
