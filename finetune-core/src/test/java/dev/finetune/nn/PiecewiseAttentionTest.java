package dev.finetune.nn;

import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.internal.torch.CustomGradients;
import dev.finetune.internal.torch.GradientMode;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PiecewiseAttentionTest {
    /** One piece a row, several, heads that don't divide evenly, an odd length, no dropout. */
    @ParameterizedTest
    @CsvSource({
        "2, 12, 80, false, 0.3",
        "3, 12, 80, true, 0.3",
        "2, 3, 301, true, 0.3",
        "1, 5, 151, false, 0.3",
        "2, 2, 200, true, 0"
    })
    void outputsAndGradientsAreThoseOfTheWholeWithTheSameDropout(
            int rows, int heads, int length, boolean padded, double dropout) {
        final int size = 4;
        final Random random = new Random(5);
        final float[][] numbers = new float[4][rows * length * heads * size];
        for (float[] some : numbers) {
            for (int i = 0; i < some.length; i++) {
                some[i] = (float) random.nextGaussian();
            }
        }
        final float[] bias = new float[rows * length];
        if (padded) {
            java.util.Arrays.fill(bias, length - 7, length, Float.NEGATIVE_INFINITY);
        }
        final Attention attention = new Attention(heads, new Dropout(dropout));
        final List<float[]> whole = new ArrayList<>();
        final List<float[]> pieces = new ArrayList<>();
        try (TensorScope scope = TensorScope.open()) {
            assertThat(PiecewiseAttention.pays(heads, torch.empty(1, length, heads * size), dropout > 0))
                    .isTrue();
        }
        for (List<float[]> results : List.of(whole, pieces)) {
            try (TensorScope scope = TensorScope.open();
                    AutoCloseable custom = results == pieces ? CustomGradients.open() : () -> {}) {
                final List<Tensor> leaves = new ArrayList<>();
                for (int i = 0; i < 3; i++) {
                    leaves.add(
                            Tensors.of(numbers[i], rows, length, heads * size).set_requires_grad(true));
                }
                // Doubled, so that gradients have to pass through to where the inputs come from.
                final List<Tensor> inputs =
                        leaves.stream().map(leaf -> leaf.add(leaf)).toList();
                final Tensor found = attention.forward(
                        inputs.get(0),
                        inputs.get(1),
                        inputs.get(2),
                        padded ? Tensors.of(bias, rows, 1, 1, length) : null,
                        ForwardContext.training(11));
                results.add(Tensors.floats(found));
                found.mul(Tensors.of(numbers[3], rows, length, heads * size))
                        .sum()
                        .backward();
                leaves.forEach(leaf -> results.add(Tensors.floats(leaf.grad())));
            } catch (Exception e) {
                throw new AssertionError(e);
            }
        }
        for (int i = 0; i < whole.size(); i++) {
            assertThat(largestDifference(pieces.get(i), whole.get(i))).isLessThan(1e-5f * largest(whole.get(i)));
        }
        try (TensorScope scope = TensorScope.open();
                GradientMode off = GradientMode.off()) {
            final List<Tensor> inputs = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                inputs.add(Tensors.of(numbers[i], rows, length, heads * size).mul(new Scalar(2)));
            }
            for (boolean lean : new boolean[] {true, false}) {
                final Tensor found = attention.forward(
                        inputs.get(0),
                        inputs.get(1),
                        inputs.get(2),
                        padded ? Tensors.of(bias, rows, 1, 1, length) : null,
                        ForwardContext.training(11, lean));
                assertThat(Tensors.floats(found))
                        .as("without gradients, lean %s", lean)
                        .isEqualTo(lean ? pieces.get(0) : whole.get(0));
            }
        }
    }

    private static float largest(float[] numbers) {
        return largestDifference(numbers, new float[numbers.length]);
    }

    private static float largestDifference(float[] some, float[] others) {
        float largest = 0;
        for (int i = 0; i < some.length; i++) {
            largest = Math.max(largest, Math.abs(some[i] - others[i]));
        }
        return largest;
    }
}
