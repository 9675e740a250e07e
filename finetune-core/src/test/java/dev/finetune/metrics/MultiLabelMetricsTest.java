package dev.finetune.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class MultiLabelMetricsTest {
    @Test
    void microAverageMatchesTheDefinitionOnAWorkedExample() {
        final MultiLabelMetrics metrics = new MultiLabelMetrics(List.of("a", "b", "c"));
        metrics.add(new float[] {1, 0, 1}, new double[] {0.9, 0.2, 0.4});
        metrics.add(new float[] {0, 1, 0}, new double[] {0.6, 0.7, 0.1});
        final Metrics result = metrics.result();
        assertThat(result.get("accuracy")).isZero();
        assertThat(result.get("hamming_loss")).isCloseTo(2.0 / 6, within(1e-12));
        assertThat(result.get("f1")).isCloseTo(2.0 / 3, within(1e-12));
    }

    @Test
    void partsMergeToTheWhole() {
        final Random random = new Random(1);
        final List<String> labels = List.of("a", "b", "c", "d");
        final ClassificationMetrics whole = new ClassificationMetrics(labels);
        final ClassificationMetrics first = new ClassificationMetrics(labels);
        final ClassificationMetrics second = new ClassificationMetrics(labels);
        for (int i = 0; i < 200; i++) {
            final double[] p = random.doubles(4).toArray();
            final double sum = java.util.Arrays.stream(p).sum();
            for (int j = 0; j < 4; j++) {
                p[j] /= sum;
            }
            final int truth = random.nextInt(4);
            whole.add(truth, p);
            (i % 3 == 0 ? first : second).add(truth, p);
        }
        first.merge(second);
        for (String name : whole.result().names()) {
            assertThat(first.result().get(name))
                    .as(name)
                    .isCloseTo(whole.result().get(name), within(1e-12));
        }
    }
}
