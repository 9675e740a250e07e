package dev.finetune.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class RegressionMetricsTest {
    private static Metrics of(double[] truths, double... predictions) {
        final RegressionMetrics metrics = new RegressionMetrics(1);
        for (int i = 0; i < truths.length; i++) {
            metrics.add(new double[] {truths[i]}, new double[] {predictions[i]});
        }
        return metrics.result();
    }

    @Test
    void fewerThanTwoExamplesHaveNoSharedVariance() {
        assertThat(of(new double[] {2}, 2).get("r2")).isNaN();
        assertThat(of(new double[] {2}, 3).get("r2")).isNaN();
        assertThat(of(new double[0]).get("r2")).isNaN();
        assertThat(of(new double[0]).get("pearson")).isNaN();
        assertThat(of(new double[] {2}, 3).get("mse")).isEqualTo(1);
    }

    @Test
    void nothingCorrelatesWithAConstant() {
        // The mean of these is not exactly 0.1, so that what differs from it is not exactly 0.
        final double[] constant = {0.1, 0.1, 0.1, 0.1, 0.1, 0.1};
        final double[] other = {1, 2, 3, 4, 5, 7};
        for (Metrics result : new Metrics[] {of(constant, other), of(other, constant)}) {
            assertThat(result.get("pearson")).isNaN();
            assertThat(result.get("spearman")).isNaN();
        }
        assertThat(of(constant, constant).get("r2")).isEqualTo(1);
    }

    @Test
    void ranksShareTheirMeanWhereValuesAreEqualZerosOfEitherSignToo() {
        assertThat(of(new double[] {-0.0, 0.0, 1, 2}, 0.0, -0.0, 5, 9).get("spearman"))
                .isCloseTo(1, within(1e-12));
        // Ranks 1.5 1.5 3 4 against 1 2 3.5 3.5.
        assertThat(of(new double[] {1, 1, 2, 3}, 0, 1, 2, 2).get("spearman"))
                .isCloseTo(0.8888888888888888, within(1e-12));
    }
}
