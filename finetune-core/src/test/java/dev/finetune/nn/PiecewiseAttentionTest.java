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
            final Tensor like = torch.empty(1, length, heads * size);
            assertThat(PiecewiseAttention.pays(heads, like, like, like, dropout > 0))
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
            for (boolean recomputeActivations : new boolean[] {true, false}) {
                final Tensor found = attention.forward(
                        inputs.get(0),
                        inputs.get(1),
                        inputs.get(2),
                        padded ? Tensors.of(bias, rows, 1, 1, length) : null,
                        ForwardContext.training(11, recomputeActivations));
                assertThat(Tensors.floats(found))
                        .as("without gradients, activations recomputed %s", recomputeActivations)
                        .isEqualTo(recomputeActivations ? pieces.get(0) : whole.get(0));
            }
        }
    }

    /** As a decoder asks an encoder: fewer queries than keys, and more. */
    @ParameterizedTest
    @CsvSource({"2, 70, 200, 0.3", "2, 200, 70, 0.3", "1, 193, 260, 0", "1, 260, 193, 0"})
    void queriesMayBeOtherThanKeys(int rows, int queries, int keys, double dropout) {
        final int heads = 2;
        final int width = 8;
        final Random random = new Random(5);
        final List<float[]> numbers = List.of(
                drawn(random, rows * queries * width),
                drawn(random, rows * keys * width),
                drawn(random, rows * keys * width),
                drawn(random, rows * queries * width),
                drawn(random, heads * queries * keys));
        final Attention attention = new Attention(heads, new Dropout(dropout));
        final List<List<float[]>> both = new ArrayList<>();
        for (boolean inPieces : new boolean[] {false, true}) {
            try (TensorScope scope = TensorScope.open();
                    CustomGradients custom = inPieces ? CustomGradients.open() : null) {
                final List<Tensor> leaves = new ArrayList<>();
                for (int i = 0; i < 3; i++) {
                    leaves.add(Tensors.of(numbers.get(i), rows, i == 0 ? queries : keys, width)
                            .set_requires_grad(true));
                }
                leaves.add(Tensors.of(numbers.get(4), 1, heads, queries, keys).set_requires_grad(true));
                assertThat(PiecewiseAttention.pays(heads, leaves.get(0), leaves.get(1), leaves.get(2), dropout > 0))
                        .isTrue();
                final Tensor found = attention.forward(
                        leaves.get(0).add(leaves.get(0)),
                        leaves.get(1),
                        leaves.get(2),
                        null,
                        leaves.get(3),
                        ForwardContext.training(11));
                found.mul(Tensors.of(numbers.get(3), rows, queries, width))
                        .sum()
                        .backward();
                final List<float[]> results = new ArrayList<>(List.of(Tensors.floats(found)));
                leaves.forEach(leaf -> results.add(Tensors.floats(leaf.grad())));
                both.add(results);
            }
        }
        for (int i = 0; i < both.get(0).size(); i++) {
            assertThat(largestDifference(both.get(1).get(i), both.get(0).get(i)))
                    .as("output, then gradients of queries, keys, values, positions: %d", i)
                    .isLessThan(1e-5f * largest(both.get(0).get(i)));
        }
    }

    private static float[] drawn(Random random, int count) {
        final float[] numbers = new float[count];
        for (int i = 0; i < count; i++) {
            numbers[i] = (float) random.nextGaussian();
        }
        return numbers;
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
