package dev.finetune.calibration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonObject;
import dev.finetune.Reference;
import dev.finetune.error.FinetuneException;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Thresholds reach what the best of all candidates reaches by scikit-learn's metrics. */
class ThresholdsTest {
    private static final Map<String, DecisionMetric> METRICS = Map.of(
            "f1", DecisionMetric.f1(),
            "accuracy", DecisionMetric.accuracy(),
            "balanced_accuracy", DecisionMetric.balancedAccuracy(),
            "mcc", DecisionMetric.mcc());

    @Test
    void noOtherThresholdIsBetter() {
        for (JsonObject row :
                Reference.objects(Reference.read("small_data").getAsJsonObject().get("thresholds"))) {
            final double[] scores = Reference.doubles(row.get("scores"));
            final long[] ones = Reference.longs(row.get("truths"));
            final boolean[] truths = new boolean[ones.length];
            for (int i = 0; i < ones.length; i++) {
                truths[i] = ones[i] == 1;
            }
            METRICS.forEach((name, metric) -> {
                final double threshold = Thresholds.best(scores, truths, metric);
                assertThat(value(scores, truths, threshold, metric))
                        .as(name)
                        .isCloseTo(row.get(name).getAsDouble(), within(1e-12));
            });
        }
    }

    private static double value(double[] scores, boolean[] truths, double threshold, DecisionMetric metric) {
        final long[] counts = new long[4];
        for (int i = 0; i < scores.length; i++) {
            counts[scores[i] >= threshold ? truths[i] ? 0 : 1 : truths[i] ? 2 : 3]++;
        }
        return metric.of(counts[0], counts[1], counts[2], counts[3]);
    }

    @Test
    void oneHalfIsKeptWhereItIsAsGoodAsAny() {
        final boolean[] truths = {false, true};
        assertThat(Thresholds.best(new double[] {0.2, 0.9}, truths, DecisionMetric.f1()))
                .isEqualTo(0.5);
        assertThat(Thresholds.best(new double[] {0.1, 0.3}, truths, DecisionMetric.f1()))
                .isEqualTo(0.2);
        assertThat(Thresholds.best(new double[] {0.1, 0.3}, new boolean[2], DecisionMetric.f1()))
                .isEqualTo(0.5);
        assertThat(Thresholds.best(new double[] {1, 1}, truths, DecisionMetric.accuracy()))
                .isEqualTo(0.5);
    }

    @Test
    void anFOfNoNumberIsRefused() {
        for (double bad : new double[] {-1, Double.NaN, Double.POSITIVE_INFINITY}) {
            assertThatThrownBy(() -> DecisionMetric.fBeta(bad))
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContaining("fBeta(" + bad + ")");
        }
    }
}
