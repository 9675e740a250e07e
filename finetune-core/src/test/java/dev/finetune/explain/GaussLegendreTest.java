package dev.finetune.explain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GaussLegendreTest {
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 7, 50, 300})
    void polynomialsOfTheDegreeThatTheRulePromisesAreIntegratedExactly(int count) {
        final GaussLegendre rule = GaussLegendre.of(count);

        assertThat(rule.points()).isSorted();
        assertThat(rule.points()[0]).isPositive();
        assertThat(rule.points()[count - 1]).isLessThan(1);
        assertThat(Arrays.stream(rule.weights()).sum()).isCloseTo(1, within(1e-13));
        for (int degree : new int[] {1, count, 2 * count - 1}) {
            double integral = 0;
            for (int i = 0; i < count; i++) {
                integral += rule.weights()[i] * Math.pow(rule.points()[i], degree);
            }
            assertThat(integral).as("degree " + degree).isCloseTo(1.0 / (degree + 1), within(1e-13));
        }
    }

    /** numpy.polynomial.legendre.leggauss(3) and (5), brought to [0, 1]. */
    @Test
    void pointsAndWeightsAreThoseOfNumpy() {
        assertThat(GaussLegendre.of(3).points())
                .containsExactly(new double[] {0.1127016653792583, 0.5, 0.8872983346207417}, within(1e-15));
        assertThat(GaussLegendre.of(3).weights())
                .containsExactly(new double[] {5.0 / 18, 8.0 / 18, 5.0 / 18}, within(1e-15));
        assertThat(GaussLegendre.of(5).points()[0]).isCloseTo(0.046910077030668, within(1e-15));
        assertThat(GaussLegendre.of(5).weights()[0]).isCloseTo(0.118463442528095, within(1e-15));
    }
}
