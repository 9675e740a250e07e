package dev.finetune.lm.decoder;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import dev.finetune.spi.ModelConfig;
import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LlamaConfigTest {
    @ParameterizedTest
    @CsvSource({"llama, 16, 16", "mistral, 8, 16", "qwen2, 32, 64", "qwen3, 32, 64"})
    void headsOfKeysThatAreNullAreAsManyAsHeadsAndNotTheFamilysUsualOnes(String type, int absent, int none) {
        final JsonObject json = new JsonObject();
        json.addProperty("model_type", type);
        json.addProperty("num_attention_heads", none);
        assertThat(keyHeads(json)).isEqualTo(absent);

        json.add("num_key_value_heads", JsonNull.INSTANCE);
        assertThat(keyHeads(json)).isEqualTo(none);
    }

    private static int keyHeads(JsonObject json) {
        return LlamaFamily.read(ModelConfig.of(Path.of("config.json"), json), Double.NaN)
                .keyHeads();
    }
}
