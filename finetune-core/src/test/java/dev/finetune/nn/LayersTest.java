package dev.finetune.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.finetune.internal.torch.CustomGradients;
import dev.finetune.internal.torch.DropoutMask;
import dev.finetune.internal.torch.LeafGradient;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Layers against their formulas in plain Java. */
class LayersTest {
    private final SplittableRandom random = new SplittableRandom(9);
    private final Made made = new Made(10);

    @AfterEach
    void close() {
        made.taken.forEach(Parameter::close);
    }

    private float[] normal(int count) {
        return Made.normal(random, 1, count);
    }

    private static void agrees(float[] ours, double[] expected) {
        assertThat(ours).hasSize(expected.length);
        for (int i = 0; i < expected.length; i++) {
            assertThat((double) ours[i]).as("element %d", i).isCloseTo(expected[i], within(1e-5));
        }
    }

    @Test
    void linearMultipliesByTheTransposedWeightAndAddsTheBias() {
        final Linear linear = new Linear(made, 3, 2, Init.ZEROS);
        final float[] w = Tensors.floats(made.taken.get(0).value());
        final float[] b = Tensors.floats(made.taken.get(1).value());
        final float[] x = normal(12);
        final double[] expected = new double[8];
        for (int row = 0; row < 4; row++) {
            for (int out = 0; out < 2; out++) {
                expected[2 * row + out] = b[out];
                for (int in = 0; in < 3; in++) {
                    expected[2 * row + out] += x[3 * row + in] * w[3 * out + in];
                }
            }
        }
        try (TensorScope scope = TensorScope.open()) {
            agrees(Tensors.floats(linear.forward(Tensors.of(x, 2, 2, 3), ForwardContext.evaluating())), expected);
        }
    }

    @Test
    void layerNormUsesTheBiasedVariance() {
        final double eps = 1e-3;
        final LayerNorm norm = new LayerNorm(made, 5, eps);
        final float[] weight = Tensors.floats(made.taken.get(0).value());
        final float[] bias = Tensors.floats(made.taken.get(1).value());
        final float[] x = normal(15);
        final double[] expected = new double[15];
        for (int row = 0; row < 3; row++) {
            double mean = 0;
            double variance = 0;
            for (int i = 0; i < 5; i++) {
                mean += x[5 * row + i] / 5.0;
            }
            for (int i = 0; i < 5; i++) {
                variance += Math.pow(x[5 * row + i] - mean, 2) / 5;
            }
            for (int i = 0; i < 5; i++) {
                expected[5 * row + i] = (x[5 * row + i] - mean) / Math.sqrt(variance + eps) * weight[i] + bias[i];
            }
        }
        try (TensorScope scope = TensorScope.open()) {
            agrees(Tensors.floats(norm.forward(Tensors.of(x, 3, 5))), expected);
        }
    }

    @Test
    void embeddingLooksRowsUpAndThePaddingRowLearnsNothing() {
        final Embedding embedding = new Embedding(made, 4, 2, 1, Init.ZEROS);
        final float[] rows = Tensors.floats(embedding.weight().value());
        try (TensorScope scope = TensorScope.open()) {
            final Tensor found =
                    embedding.forward(Tensors.of(new long[] {3, 1, 3, 0}, 2, 2), ForwardContext.evaluating());
            assertThat(Tensors.shape(found)).containsExactly(2, 2, 2);
            assertThat(Tensors.floats(found))
                    .containsExactly(rows[6], rows[7], rows[2], rows[3], rows[6], rows[7], rows[0], rows[1]);
            found.sum().backward();
            assertThat(Tensors.floats(Tensors.gradient(embedding.weight().value())))
                    .containsExactly(1, 1, 0, 0, 0, 0, 2, 2);
        }
    }

    /** As of a table that an output is tied to, whose gradient comes first; or that gets one later. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    void rowsAreAddedInTheSameOrderToAGradientOfAllRowsWhetherTheyMayBeKeptByThemselves(int ofAllBeforePass) {
        final Embedding embedding = new Embedding(made, 70_000, 4, -1, Init.ZEROS);
        final Parameter weight = embedding.weight();
        final float[] ofAll = normal(70_000 * 4);
        final List<float[]> weighing = List.of(normal(40), normal(40), normal(40));
        final List<float[]> results = new ArrayList<>();
        for (boolean byRows : new boolean[] {false, true}) {
            weight.keepRowGradient(byRows);
            for (int pass = 0; pass < 3; pass++) {
                try (TensorScope scope = TensorScope.open();
                        CustomGradients custom = CustomGradients.open()) {
                    if (pass == ofAllBeforePass) {
                        LeafGradient.add(weight.value(), Tensors.of(ofAll, 70_000, 4));
                    }
                    embedding
                            .forward(
                                    Tensors.of(new long[] {3, 5, 3, 9, 3, 5, 3, 5, 9, 3}, 10),
                                    ForwardContext.training(1))
                            .mul(Tensors.of(weighing.get(pass), 10, 4))
                            .sum()
                            .backward();
                }
            }
            try (TensorScope scope = TensorScope.open()) {
                results.add(Tensors.floats(weight.gradient()));
            }
            weight.forgetGradient();
        }
        weight.keepRowGradient(false);
        assertThat(results.get(1)).isEqualTo(results.get(0));
    }

    /** Twice in one pass and again in another, so that there is a gradient to add to. */
    @ParameterizedTest
    @CsvSource({"-1", "5"})
    void aLargeTableHasTheSameGradientWhetherItIsAddedInPlaceOrNot(long padding) {
        final int rows = 70_000;
        final Embedding embedding = new Embedding(made, rows, 4, padding, Init.ZEROS);
        final Tensor table = embedding.weight().value();
        final long[] indices = {3, 5, 69_999, 3, 0, 5};
        final float[] weighing = normal(indices.length * 4);
        final List<float[]> results = new ArrayList<>();
        for (boolean inPlace : new boolean[] {false, true}) {
            try (TensorScope scope = TensorScope.open();
                    CustomGradients custom = inPlace ? CustomGradients.open() : null) {
                for (int pass = 0; pass < 2; pass++) {
                    final Tensor once = embedding.forward(Tensors.of(indices, 2, 3), ForwardContext.training(1));
                    final Tensor again =
                            embedding.forward(Tensors.of(new long[] {5, 3, 4}, 3), ForwardContext.training(1));
                    once.mul(Tensors.of(weighing, 2, 3, 4))
                            .sum()
                            .add(again.mul(again).sum())
                            .backward();
                }
                results.add(Tensors.floats(table.grad()));
                table.mutable_grad().reset();
            }
        }
        agreeAsAWhole(results.get(1), results.get(0));
        final float[] ofFifth = Arrays.copyOfRange(results.get(1), 20, 24);
        assertThat(Arrays.equals(ofFifth, new float[4])).isEqualTo(padding == 5);
    }

    @Test
    void dropoutKeepsTheExpectationAndRestsInEvaluation() {
        final int count = 1 << 18;
        final float[] ones = new float[count];
        Arrays.fill(ones, 1);
        final Dropout dropout = new Dropout(0.3);
        try (TensorScope scope = TensorScope.open()) {
            final Tensor input = Tensors.of(ones, count);
            assertThat(Tensors.floats(dropout.forward(input, ForwardContext.evaluating())))
                    .isEqualTo(ones);
            final float[] dropped = Tensors.floats(dropout.forward(input, ForwardContext.training(5)));
            final float scale = (float) (1 / DropoutMask.exactKeep(0.7));
            double sum = 0;
            for (float value : dropped) {
                assertThat(value == 0 || Math.abs(value - scale) < 1e-6).isTrue();
                sum += value;
            }
            assertThat(sum / count).isCloseTo(1, within(5e-3));
        }
    }

    @Test
    void aStagesDrawsAreTheSameWhenItIsComputedAgain() {
        final ForwardContext context = ForwardContext.training(1);
        context.enter(2);
        final long first = context.nextKey();
        final long second = context.nextKey();
        context.enter(3);
        final long other = context.nextKey();
        context.enter(2);
        assertThat(context.nextKey()).isEqualTo(first);
        assertThat(context.nextKey()).isEqualTo(second);
        assertThat(new long[] {second, other, keyOf(2, 2)})
                .doesNotContain(first)
                .doesNotHaveDuplicates();
    }

    private static long keyOf(long seed, int stage) {
        final ForwardContext context = ForwardContext.training(seed);
        context.enter(stage);
        return context.nextKey();
    }

    private static void agreeAsAWhole(float[] ours, float[] expected) {
        assertThat(ours).hasSameSizeAs(expected);
        double largest = 0;
        double apart = 0;
        for (int i = 0; i < ours.length; i++) {
            largest = Math.max(largest, Math.abs(expected[i]));
            apart = Math.max(apart, Math.abs(ours[i] - expected[i]));
        }
        assertThat(apart).isLessThanOrEqualTo(1e-5 * largest);
    }

    @Test
    void dropoutThatKeepsNoMaskDropsTheSameAndHasTheSameGradient() {
        final int count = 3 * 100_001;
        final float[] input = normal(count);
        final float[] weighing = normal(count);
        final List<List<float[]>> results = new ArrayList<>();
        for (boolean recomputed : new boolean[] {false, true}) {
            try (TensorScope scope = TensorScope.open();
                    CustomGradients custom = recomputed ? CustomGradients.open() : null) {
                final Tensor x = Tensors.of(input, 3, 100_001).set_requires_grad(true);
                final Tensor y = new Dropout(0.1).forward(x, ForwardContext.training(7));
                assertThat(CustomGradients.payFor(x)).isEqualTo(recomputed);
                y.mul(Tensors.of(weighing, 3, 100_001)).sum().backward();
                results.add(List.of(Tensors.floats(y), Tensors.floats(x.grad())));
            }
        }
        agreeAsAWhole(results.get(1).get(0), results.get(0).get(0));
        agreeAsAWhole(results.get(1).get(1), results.get(0).get(1));
        int different = 0;
        for (int i = 0; i < count; i++) {
            different += (results.get(1).get(0)[i] == 0) == (results.get(0).get(0)[i] == 0) ? 0 : 1;
        }
        assertThat(different).isZero();
    }

    /** Of each kind of activation, with all trained, the bias frozen, and the input without a gradient. */
    @ParameterizedTest
    @CsvSource({
        "GELU, true, true",
        "GELU_NEW, false, true",
        "GELU, true, false",
        "RELU, true, true",
        "SILU, false, true"
    })
    void aLayerAfterAnActivationHasTheSameGradientsWhetherItKeepsTheActivationOrNot(
            Activation activation, boolean trainsBias, boolean wantsInput) {
        final float[] input = normal(4 * 1024 * 64);
        final float[] weighing = normal(4 * 1024 * 3);
        final List<List<float[]>> results = new ArrayList<>();
        final Linear layer = new Linear(made, 64, 3, Init.ZEROS);
        layer.parameters().get(1).setTrained(trainsBias);
        final Tensor weight = layer.parameters().get(0).value();
        final Tensor bias = layer.parameters().get(1).value();
        for (boolean recomputed : new boolean[] {false, true}) {
            try (TensorScope scope = TensorScope.open();
                    CustomGradients custom = recomputed ? CustomGradients.open() : null) {
                final Tensor x = Tensors.of(input, 4, 1024, 64).set_requires_grad(wantsInput);
                final Tensor y = layer.forward(activation, x, ForwardContext.training(1));
                final List<float[]> result = new ArrayList<>(List.of(Tensors.floats(y)));
                y.mul(Tensors.of(weighing, 4, 1024, 3)).sum().backward();
                for (Tensor each : List.of(x, weight, bias)) {
                    result.add(each.grad().defined() ? Tensors.floats(each.grad()) : new float[0]);
                }
                results.add(result);
                weight.mutable_grad().reset();
                bias.mutable_grad().reset();
            }
        }
        for (int i = 0; i < 4; i++) {
            agreeAsAWhole(results.get(1).get(i), results.get(0).get(i));
        }
        assertThat(results.get(0).get(1)).hasSize(wantsInput ? input.length : 0);
    }

    /** Weights that are trained, and frozen ones in 16 bits, of which what they give is kept in 16 bits. */
    @ParameterizedTest
    @CsvSource({"SILU, false", "SILU, true", "GELU_NEW, false", "RELU, false"})
    void aGatedActivationHasTheSameGradientsWhetherItKeepsItsProductOrNot(Activation activation, boolean half) {
        final float[] input = normal(4 * 512 * 16);
        final float[] weighing = normal(4 * 512 * 200);
        final Linear gate = new Linear(made, 16, 200, Init.ZEROS, false);
        final Linear up = new Linear(made, 16, 200, Init.ZEROS, half);
        final List<Tensor> weights = new ArrayList<>();
        for (Linear layer : List.of(gate, up)) {
            weights.add(layer.parameters().get(0).value());
            layer.parameters().forEach(each -> each.setTrained(!half));
        }
        if (half) {
            try (TensorScope scope = TensorScope.open()) {
                gate.parameters().get(0).value().set_data(weights.get(0).to(ScalarType.BFloat16));
            }
        }
        final List<List<float[]>> results = new ArrayList<>();
        for (boolean keepsLess : new boolean[] {false, true}) {
            try (TensorScope scope = TensorScope.open();
                    CustomGradients custom = keepsLess ? CustomGradients.open() : null) {
                final Tensor x = Tensors.of(input, 4, 512, 16).set_requires_grad(true);
                final Tensor y = new GatedActivation(activation).forward(gate, up, x, ForwardContext.training(1));
                final List<float[]> result = new ArrayList<>(List.of(Tensors.floats(y)));
                y.mul(Tensors.of(weighing, 4, 512, 200)).sum().backward();
                result.add(Tensors.floats(x.grad()));
                for (Tensor each : half ? List.<Tensor>of() : weights) {
                    result.add(Tensors.floats(each.grad()));
                    each.mutable_grad().reset();
                }
                results.add(result);
            }
        }
        for (int i = 0; i < results.get(0).size(); i++) {
            agreeAsAWhole(results.get(1).get(i), results.get(0).get(i));
        }
        assertThat(results.get(0)).hasSize(half ? 2 : 4);
    }

    @Test
    void attentionIsTheSoftmaxOfScaledProductsWithAndWithoutAMask() {
        final int batch = 2;
        final int length = 5;
        final int heads = 3;
        final int size = 4;
        final float[] mask = new float[batch * length];
        Arrays.fill(mask, 8, 10, Float.NEGATIVE_INFINITY);
        for (float[] bias : new float[][] {null, mask}) {
            final int count = batch * length * heads * size;
            final float[] q = normal(count);
            final float[] k = normal(count);
            final float[] v = normal(count);
            final double[] expected = attention(q, k, v, bias, batch, length, heads, size);
            final Attention plain = new Attention(heads, new Dropout(0));
            // Next to no dropout: the other way to compute the same.
            final Attention unfused = new Attention(heads, new Dropout(1e-9));
            try (TensorScope scope = TensorScope.open()) {
                final Tensor b = bias == null ? null : Tensors.of(bias, batch, 1, 1, length);
                for (Attention attention : new Attention[] {plain, unfused}) {
                    final Tensor found = attention.forward(
                            Tensors.of(q, batch, length, heads * size),
                            Tensors.of(k, batch, length, heads * size),
                            Tensors.of(v, batch, length, heads * size),
                            b,
                            ForwardContext.training(3));
                    assertThat(Tensors.shape(found)).containsExactly(batch, length, heads * size);
                    agrees(Tensors.floats(found), expected);
                }
            }
        }
    }

    private static double[] attention(
            float[] q, float[] k, float[] v, float @Nullable [] bias, int batch, int length, int heads, int size) {
        final int width = heads * size;
        final double[] result = new double[q.length];
        for (int b = 0; b < batch; b++) {
            for (int h = 0; h < heads; h++) {
                for (int i = 0; i < length; i++) {
                    final double[] weights = new double[length];
                    for (int j = 0; j < length; j++) {
                        double score = 0;
                        for (int d = 0; d < size; d++) {
                            score += (double) q[(b * length + i) * width + h * size + d]
                                    * k[(b * length + j) * width + h * size + d];
                        }
                        weights[j] = Math.exp(score / Math.sqrt(size) + (bias == null ? 0 : bias[b * length + j]));
                    }
                    final double sum = Arrays.stream(weights).sum();
                    for (int j = 0; j < length; j++) {
                        for (int d = 0; d < size; d++) {
                            result[(b * length + i) * width + h * size + d] +=
                                    weights[j] / sum * v[(b * length + j) * width + h * size + d];
                        }
                    }
                }
            }
        }
        return result;
    }
}
