package dev.finetune.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.finetune.Embedder;
import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.data.Text;
import dev.finetune.head.Heads;
import dev.finetune.head.Pooling;
import dev.finetune.hub.HubSettings;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The encoder that comes in a jar computes what ONNX Runtime computes from the same file: make_minilm.py wrote minilm.json
 * with onnxruntime 1.30, 16 texts of 4 to 256 tokens.
 */
class MinilmTest {
    private static final String NAME = "all-minilm-l6-v2";

    @TempDir
    private Path cache;

    private FineTuner tuner() {
        return FineTuner.from(NAME)
                .hub(h -> h.settings(HubSettings.defaults(cache).withOffline(true)));
    }

    private static JsonArray expected() throws IOException {
        try (var in = MinilmTest.class.getResourceAsStream("minilm.json")) {
            return JsonParser.parseString(new String(in.readAllBytes(), StandardCharsets.UTF_8))
                    .getAsJsonArray();
        }
    }

    private void assertSame(Pooling pooling, String key) throws IOException {
        try (Embedder<String> embedder = tuner().embedder(pooling)) {
            for (JsonElement element : expected()) {
                final JsonObject text = element.getAsJsonObject();
                final float[] vector = embedder.embed(text.get("text").getAsString());
                final JsonArray numbers = text.getAsJsonArray(key);
                assertThat(vector).hasSize(384);
                for (int i = 0; i < numbers.size(); i++) {
                    assertThat((double) vector[i])
                            .as("%s of \"%s\", %d", key, text.get("text").getAsString(), i)
                            .isCloseTo(numbers.get(i).getAsDouble(), within(1e-5));
                }
            }
        }
    }

    @Test
    void meansAreThoseOfOnnxRuntime() throws IOException {
        assertSame(Pooling.MEAN, "mean");
    }

    @Test
    void firstTokensAreThoseOfOnnxRuntime() throws IOException {
        assertSame(Pooling.CLS, "first");
    }

    @Test
    void allOfItIsUsedAndItsConfigurationIsKnown() {
        try (FineTuned<Text> model = tuner().head(Heads.features(Pooling.MEAN)).untrained(Text.class)) {
            assertThat(model.loadReport().isComplete())
                    .as(model.loadReport().summary())
                    .isTrue();
            final JsonObject config = model.assembly().config();
            assertThat(config.get("num_attention_heads").getAsInt()).isEqualTo(12);
            assertThat(config.get("num_hidden_layers").getAsInt()).isEqualTo(6);
            assertThat(config.get("layer_norm_eps").getAsDouble()).isEqualTo(1e-12);
            assertThat(config.get("hidden_act").getAsString()).isEqualTo("gelu");
        }
    }
}
