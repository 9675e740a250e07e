package dev.finetune.bert.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.data.Text;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What ModernBERT's config.json says that no other family's does. */
class ModernBertSettingsTest {
    private static final String MODEL = "modernbert-sequence-classification";

    /** The standard deviation of a normal distribution of 1 without what is beyond 2. */
    private static final double CUT = 0.8796;

    private static final double RANGE = 0.05;

    @TempDir
    private Path folder;

    private static void assertCutNormal(float[] values, double std) {
        double squares = 0;
        double largest = 0;
        for (float value : values) {
            squares += value * value;
            largest = Math.max(largest, Math.abs(value));
        }
        assertThat(largest).isLessThanOrEqualTo(2 * std * 1.0001).isGreaterThan(1.8 * std);
        assertThat(Math.sqrt(squares / values.length)).isCloseTo(CUT * std, within(0.05 * std));
    }

    @Test
    void newWeightsStartFromANormalDistributionThatIsCut() {
        final Path model = Checkpoints.configured(
                MODEL, folder.resolve("model"), config -> config.addProperty("initializer_range", RANGE));
        try (FineTuned<Text> tuned = FineTuner.from(model)
                .initialization(i -> i.randomWeights(true))
                .seed(3)
                .untrained(Text.class)) {
            final Map<String, float[]> weights = Jobs.weights(tuned);
            final int layers =
                    tuned.assembly().config().get("num_hidden_layers").getAsInt();
            final int hidden = tuned.assembly().config().get("hidden_size").getAsInt();
            final double narrow = RANGE / Math.sqrt(2.0 * layers);
            assertCutNormal(weights.get("model.layers.0.attn.Wqkv.weight"), RANGE);
            assertCutNormal(weights.get("model.layers.0.mlp.Wi.weight"), RANGE);
            assertCutNormal(weights.get("model.layers.0.attn.Wo.weight"), narrow);
            assertCutNormal(weights.get("head.dense.weight"), narrow);
            assertThat(weights.get("classifier.weight")).hasSizeGreaterThan(0);
            for (float value : weights.get("classifier.weight")) {
                assertThat(Math.abs(value)).isLessThanOrEqualTo((float) (2.001 / Math.sqrt(hidden)));
            }
        }
    }

    private String probabilities(String key, int value) {
        final Path model = Checkpoints.configured(MODEL, folder.resolve(key + value), config -> {
            config.addProperty("local_attention", 128);
            config.addProperty(key, value);
        });
        try (FineTuned<Text> tuned = FineTuner.from(model)
                .initialization(i -> i.keepHead(true))
                .maxLength(32)
                .untrained(Text.class)) {
            return tuned.predict(Text.of("the product works and the battery works and the screen works"))
                    .probabilities()
                    .toString();
        }
    }

    @Test
    void aSlidingWindowIsHalfOfLocalAttentionAndWinsOverIt() {
        assertThat(probabilities("sliding_window", 2))
                .isEqualTo(probabilities("local_attention", 4))
                .isNotEqualTo(probabilities("sliding_window", 64));
    }
}
