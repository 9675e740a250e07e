package dev.finetune.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

class ClassificationMetricsTest {
    private static Metrics of(int[] truths, int[] predictions) {
        final ClassificationMetrics metrics = new ClassificationMetrics(List.of("a", "b", "c", "d"));
        for (int i = 0; i < truths.length; i++) {
            final double[] probabilities = new double[4];
            probabilities[predictions[i]] = 1;
            metrics.add(truths[i], probabilities);
        }
        return metrics.result();
    }

    /** As scikit-learn's f1_score(truths, predictions, average="macro"). */
    @Test
    void averagesAreOverTheClassesThatOccur() {
        final Metrics right = of(new int[] {0, 1, 1}, new int[] {0, 1, 1});
        assertThat(right.get("f1_macro")).isEqualTo(1.0);
        assertThat(right.get("precision")).isEqualTo(1.0);
        assertThat(right.perClass()).hasSize(4);
        final Metrics alsoPredicted = of(new int[] {0, 1, 1}, new int[] {0, 1, 2});
        assertThat(alsoPredicted.get("f1_macro")).isCloseTo((1 + 2 / 3.0) / 3, within(1e-12));
        assertThat(alsoPredicted.get("recall_macro")).isCloseTo((1 + 0.5) / 3, within(1e-12));
        assertThat(alsoPredicted.get("f1_weighted")).isCloseTo((1 + 2 * (2 / 3.0)) / 3, within(1e-12));
    }
}
