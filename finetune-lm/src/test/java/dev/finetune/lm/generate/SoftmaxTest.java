package dev.finetune.lm.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;

class SoftmaxTest {
    @Test
    void exponentialsAreThoseOfTheJdk() {
        final Random random = new Random(1);
        for (int i = 0; i < 100_000; i++) {
            final double x = -49 * random.nextDouble();
            final double expected = StrictMath.exp(x);
            assertThat(Exponential.of(x)).isCloseTo(expected, within(1e-15 * expected));
        }
        assertThat(Exponential.of(0)).isEqualTo(1);
        assertThat(Exponential.of(-49)).isCloseTo(StrictMath.exp(-49), within(1e-36));
        assertThat(Exponential.of(-49.1)).isZero();
        assertThat(Exponential.of(-1e300)).isZero();
        assertThat(Exponential.of(Double.NEGATIVE_INFINITY)).isZero();
    }

    @Test
    void logarithmsOfSumsAreExactToADouble() {
        final Random random = new Random(2);
        final float[] scores = new float[50_257];
        for (int i = 0; i < scores.length; i++) {
            scores[i] = i % 100 == 0 ? Float.NEGATIVE_INFINITY : (float) (30 * random.nextGaussian());
        }
        double sum = 0;
        for (float score : scores) {
            sum += StrictMath.exp(score - (double) Softmax.largest(scores));
        }
        assertThat(Softmax.logSum(scores)).isCloseTo(Softmax.largest(scores) + StrictMath.log(sum), within(1e-12));
    }
}
