package dev.finetune.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import java.util.Map;
import java.util.SplittableRandom;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Double quantisation of the scales of blocks. */
class Nf4ScalesTest {
    /** As bitsandbytes' create_dynamic_map(signed=True) says, computed by PyTorch: some of them, and the sum of all times their place. */
    @Test
    void theValuesAreThoseOfBitsandbytesDynamicMap() {
        try (TensorScope scope = TensorScope.open()) {
            final float[] values = Tensors.floats(Nf4Scales.DoubleQuantized.dynamicMap());
            assertThat(values).hasSize(256).isSorted().doesNotHaveDuplicates();
            final Map<Integer, Float> expected = Map.of(
                    0,
                    -0.992968738079071f,
                    1,
                    -0.9789062738418579f,
                    63,
                    -0.10703125596046448f,
                    64,
                    -0.09859374910593033f,
                    126,
                    -5.500000384017767e-07f,
                    127,
                    0f,
                    129,
                    3.250000190746505e-06f,
                    191,
                    0.10703125596046448f,
                    254,
                    0.992968738079071f,
                    255,
                    1f);
            expected.forEach((place, value) -> assertThat(values[place]).isEqualTo(value));
            double sum = 0;
            for (int i = 0; i < values.length; i++) {
                sum += (double) values[i] * (i + 1);
            }
            assertThat(sum).isCloseTo(7780.6268642189, within(1e-9));
        }
    }

    /** Groups of 256; the last is shorter. */
    @ParameterizedTest(name = "{0} scales")
    @ValueSource(ints = {1, 255, 256, 257, 700})
    void eachDifferenceFromTheMeanBecomesTheNearestOf256TimesItsGroupsLargest(int count) {
        final float[] scales = Made.normal(new SplittableRandom(5), 0.01, count);
        double mean = 0;
        for (int i = 0; i < count; i++) {
            scales[i] = 0.05f + Math.abs(scales[i]);
            mean += (double) scales[i] / count;
        }
        try (TensorScope scope = TensorScope.open()) {
            final float[] values = Tensors.floats(Nf4Scales.DoubleQuantized.dynamicMap());
            final Nf4Scales kept = Nf4Scales.DoubleQuantized.of(Tensors.of(scales, count, 1));
            final float[] rounded = Tensors.floats(kept.of(0, count));
            for (int from = 0; from < count; from += 256) {
                double largest = 0;
                for (int i = from; i < Math.min(from + 256, count); i++) {
                    largest = Math.max(largest, Math.abs(scales[i] - mean));
                }
                for (int i = from; i < Math.min(from + 256, count); i++) {
                    final double least = nearest(values, scales[i] - mean, largest);
                    assertThat(Math.abs(rounded[i] - scales[i])).isCloseTo((float) least, within(2e-8f));
                }
            }
        }
    }

    private static double nearest(float[] values, double number, double largest) {
        double least = Double.MAX_VALUE;
        for (float value : values) {
            least = Math.min(least, Math.abs(value * largest - number));
        }
        return least;
    }

    @Test
    void someBlocksScalesAreThoseAmongAll() {
        final float[] scales = Made.normal(new SplittableRandom(6), 0.01, 1000);
        try (TensorScope scope = TensorScope.open()) {
            final Nf4Scales kept = Nf4Scales.DoubleQuantized.of(Tensors.of(scales, 1000, 1));
            final Tensor all = kept.of(0, 1000);
            for (int first : new int[] {0, 200, 256, 511, 990}) {
                final int count = Math.min(300, 1000 - first);
                assertThat(kept.of(first, count).equal(all.narrow(0, first, count)))
                        .as("from " + first)
                        .isTrue();
            }
        }
    }

    /** 0.127 bits a number rather than 0.5: 0.92 of the bytes. */
    @Test
    void aMatrixTakesAnEighthOfAByteLessForEachEightNumbers() {
        final float[] many = Made.normal(new SplittableRandom(7), 0.02, 1024 * 1024);
        try (TensorScope scope = TensorScope.open();
                PackedWeight once = Nf4Weight.of(Tensors.of(many, 1024, 1024));
                PackedWeight twice = Nf4Weight.doubleQuantized(Tensors.of(many, 1024, 1024))) {
            final long saved = 3 * 16384 - 64 * 4 - 4 - 256 * 4; // Groups' largest, the mean, the values.
            assertThat(once.bytes() - twice.bytes()).isEqualTo(saved);
            assertThat(once.tensors().get(0).equal(twice.tensors().get(0)))
                    .as("the numbers' codes are the same")
                    .isTrue();
            final double apart = Tensors.scalar(
                    once.floats().sub(twice.floats()).norm().div(once.floats().norm()));
            assertThat(apart).isLessThan(0.01);
        }
    }
}
