package dev.finetune.internal.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;

class DropoutMaskTest {
    private static float[] draw(long key, double keep, long... shape) {
        try (TensorScope scope = TensorScope.open()) {
            return Tensors.floats(DropoutMask.draw(key, keep, 1, shape));
        }
    }

    private static double mean(float[] values) {
        double sum = 0;
        for (float value : values) {
            sum += value;
        }
        return sum / values.length;
    }

    /** Pearson's correlation of two masks of equal probability. */
    private static double correlation(float[] a, int fromA, float[] b, int fromB, int count, double keep) {
        double sum = 0;
        for (int i = 0; i < count; i++) {
            sum += (a[fromA + i] - keep) * (b[fromB + i] - keep);
        }
        return sum / count / (keep * (1 - keep));
    }

    @Test
    void asManyAreKeptAsAskedFor() {
        for (double keep : new double[] {0.01, 0.5, 0.9, 0.99}) {
            final int count = 1 << 20;
            final double deviation = Math.sqrt(keep * (1 - keep) / count);
            assertThat(mean(draw(7, keep, count)))
                    .as("keep %s", keep)
                    .isCloseTo(DropoutMask.exactKeep(keep), within(4 * deviation));
            assertThat(DropoutMask.exactKeep(keep)).isCloseTo(keep, within(1 / 65536.0));
        }
        assertThat(mean(draw(7, 1, 10_000))).isEqualTo(1);
        assertThat(mean(draw(7, 0, 10_000))).isZero();
    }

    @Test
    void equalKeysGiveEqualBitsOthersDont() {
        // More than one chunk, so that several threads draw.
        final float[] first = draw(3, 0.9, 5, 37_001);
        assertThat(draw(3, 0.9, 5, 37_001)).isEqualTo(first);
        assertThat(draw(4, 0.9, 5, 37_001)).isNotEqualTo(first);
        assertThat(draw(3, 0.9, 185_005)).isEqualTo(first);
    }

    @Test
    void aPartDrawnAsNumbersIsThatPartOfTheWhole() {
        final float[] whole = draw(11, 0.7, 200_000);
        for (int from : new int[] {0, 1, 6, 8, 1023, 1025, 70_003}) {
            for (int count : new int[] {1, 2, 5, 1024, 100_001}) {
                try (TensorScope scope = TensorScope.open()) {
                    final Tensor part = torch.empty(count);
                    DropoutMask.drawInto(part, 11, 0.7, from, 1);
                    assertThat(Tensors.floats(part)).isEqualTo(java.util.Arrays.copyOfRange(whole, from, from + count));
                }
            }
        }
    }

    @Test
    void whatIsDrawnDoesNotDependOnHowMuchIsDrawn() {
        final float[] longer = draw(11, 0.7, 70_000);
        for (int count : new int[] {1, 7, 8, 9, 65_535, 65_537}) {
            assertThat(java.util.Arrays.copyOf(longer, count)).isEqualTo(draw(11, 0.7, count));
        }
    }

    @Test
    void elementsAndKeysAreIndependent() {
        final int count = 1 << 19;
        final double bound = 5 / Math.sqrt(count);
        final float[] mask = draw(42, 0.9, count + 4096);
        for (int lag : new int[] {1, 2, 3, 4, 5, 7, 8, 16, 64, 768, 1023, 1024, 1025, 2048, 4096}) {
            assertThat(correlation(mask, 0, mask, lag, count, 0.9))
                    .as("lag %d", lag)
                    .isCloseTo(0, within(bound));
        }
        final SplittableRandom random = new SplittableRandom(1);
        for (long other : new long[] {0, 1, 43, 42 ^ Long.MIN_VALUE, random.nextLong(), random.nextLong()}) {
            assertThat(correlation(mask, 0, draw(other, 0.9, count), 0, count, 0.9))
                    .as("key %d", other)
                    .isCloseTo(0, within(bound));
        }
    }
}
