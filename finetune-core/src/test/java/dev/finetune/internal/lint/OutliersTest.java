package dev.finetune.internal.lint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class OutliersTest {
    @Test
    void theScoreIsTheModifiedZScore() {
        final Outliers outliers = Outliers.of(new double[] {1, 2, 3, 4, 100, Double.NaN});

        assertThat(outliers.median()).isEqualTo(3);
        assertThat(outliers.score(100)).isCloseTo(0.6745 * 97, within(1e-9));
        assertThat(outliers.score(Double.NaN)).isZero();
    }

    @Test
    void whereHalfOfTheNumbersAreTheSameTheMeanDistanceCounts() {
        assertThat(Outliers.of(new double[] {5, 5, 5, 5, 15}).score(15)).isCloseTo(10 / (1.2533 * 2), within(1e-9));
    }

    @Test
    void equalOrNoNumbersHaveNoOutliers() {
        assertThat(Outliers.of(new double[] {7, 7, 7}).score(8)).isZero();
        assertThat(Outliers.of(new double[0]).score(1)).isZero();
        assertThat(Outliers.of(new double[] {Double.NaN}).score(1)).isZero();
        assertThat(Outliers.of(new double[] {Double.MAX_VALUE, -Double.MAX_VALUE, 0})
                        .score(1))
                .isFinite();
    }
}
