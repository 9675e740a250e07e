package dev.finetune.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.finetune.batch.Encoded;
import dev.finetune.batch.HostBatch;
import dev.finetune.batch.HostTensor;
import dev.finetune.batch.Target;
import dev.finetune.internal.torch.CustomGradients;
import dev.finetune.internal.torch.GradientMode;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Attention that hides later positions, against its definition written out, and a decoder that goes on from a cache. */
class CausalAttentionTest {
    private static final int HEADS = 2;
    private static final int SIZE = 4;
    private static final int WIDTH = HEADS * SIZE;

    private static float[] numbers(SplittableRandom random, int count) {
        return Made.normal(random, 1, count);
    }

    /** Query i of n stands at position keys - n + i, and sees the keys up to there that aren't padding. */
    private static float[] written(float[] q, float[] k, float[] v, int rows, int queries, int keys, int padding) {
        final float[] output = new float[rows * queries * WIDTH];
        for (int row = 0; row < rows; row++) {
            for (int head = 0; head < HEADS; head++) {
                for (int i = 0; i < queries; i++) {
                    final int seen = Math.min(keys - queries + i + 1, keys - padding);
                    final double[] weights = new double[seen];
                    double sum = 0;
                    for (int j = 0; j < seen; j++) {
                        double product = 0;
                        for (int n = head * SIZE; n < (head + 1) * SIZE; n++) {
                            product += q[(row * queries + i) * WIDTH + n] * k[(row * keys + j) * WIDTH + n];
                        }
                        weights[j] = Math.exp(product / Math.sqrt(SIZE));
                        sum += weights[j];
                    }
                    for (int n = head * SIZE; n < (head + 1) * SIZE; n++) {
                        double mixed = 0;
                        for (int j = 0; j < seen; j++) {
                            mixed += weights[j] / sum * v[(row * keys + j) * WIDTH + n];
                        }
                        output[(row * queries + i) * WIDTH + n] = (float) mixed;
                    }
                }
            }
        }
        return output;
    }

    @ParameterizedTest(name = "{0} rows, {1} queries of {2} positions, {3} padded, in pieces {4}")
    @CsvSource({
        "2, 5, 5, 0, false",
        "2, 5, 5, 2, false",
        "1, 3, 7, 0, false",
        "2, 1, 6, 0, false",
        "1, 200, 200, 0, true",
        "2, 193, 230, 9, true"
    })
    void aQuerySeesThePositionsUpToItsOwn(int rows, int queries, int keys, int padding, boolean pieces) {
        final SplittableRandom random = new SplittableRandom(3);
        final float[] q = numbers(random, rows * queries * WIDTH);
        final float[] k = numbers(random, rows * keys * WIDTH);
        final float[] v = numbers(random, rows * keys * WIDTH);
        final float[] hidden = new float[rows * keys];
        for (int row = 0; row < rows; row++) {
            Arrays.fill(hidden, (row + 1) * keys - padding, (row + 1) * keys, Float.NEGATIVE_INFINITY);
        }
        final float[] expected = written(q, k, v, rows, queries, keys, padding);
        final Attention attention = new Attention(HEADS, new Dropout(0), true);
        try (TensorScope scope = TensorScope.open()) {
            final Tensor query = Tensors.of(q, rows, queries, WIDTH);
            final Tensor key = Tensors.of(k, rows, keys, WIDTH);
            final Tensor value = Tensors.of(v, rows, keys, WIDTH);
            assertThat(PiecewiseAttention.pays(HEADS, query, key, key, false)).isEqualTo(pieces);
            final Tensor bias = padding > 0 ? Tensors.of(hidden, rows, 1, 1, keys) : null;
            final Tensor found = attention.forward(query, key, value, bias, ForwardContext.evaluating());
            assertThat(Tensors.floats(found)).containsExactly(expected, within(2e-5f));
            if (queries > 1) {
                final Attention plain = new Attention(HEADS, new Dropout(0));
                assertThat(Tensors.floats(plain.forward(query, key, value, bias, ForwardContext.evaluating())))
                        .usingComparatorWithPrecision(1e-3f)
                        .isNotEqualTo(expected);
            }
        }
    }

    /** As autocast leaves them where positions turn queries and keys, but not values. */
    @Test
    void piecesAreNotMixedOfFloatsAndNumbersOf16Bits() {
        try (TensorScope scope = TensorScope.open()) {
            final Tensor floats = Tensors.of(numbers(new SplittableRandom(3), 200 * WIDTH), 1, 200, WIDTH);
            final Tensor halves = floats.to(ScalarType.BFloat16);
            assertThat(PiecewiseAttention.pays(HEADS, floats, floats, floats, false))
                    .isTrue();
            assertThat(PiecewiseAttention.pays(HEADS, floats, floats, halves, false))
                    .isFalse();
            assertThat(PiecewiseAttention.pays(HEADS, floats, halves, floats, false))
                    .isFalse();
            assertThat(PiecewiseAttention.pays(HEADS, halves, halves, halves, false))
                    .isTrue();
        }
    }

    /** With dropout, and gradients, each way of computing agrees with scores that are hidden by a bias. */
    @ParameterizedTest(name = "{0} positions, dropout {1}, activations recomputed {2}")
    @CsvSource({"6, 0, false", "6, 0.4, false", "220, 0, true", "110, 0.3, true", "300, 0.3, true"})
    void gradientsAndDropoutAreThoseOfHiddenScores(int length, double dropped, boolean recomputeActivations) {
        final SplittableRandom random = new SplittableRandom(4);
        final List<float[]> drawn = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            drawn.add(numbers(random, 2 * length * WIDTH));
        }
        final List<List<float[]>> both = new ArrayList<>();
        for (boolean causal : new boolean[] {true, false}) {
            try (TensorScope scope = TensorScope.open();
                    CustomGradients custom = recomputeActivations && causal ? CustomGradients.open() : null) {
                final List<Tensor> leaves = drawn.subList(0, 3).stream()
                        .map(values -> Tensors.of(values, 2, length, WIDTH).set_requires_grad(true))
                        .toList();
                final float[] later = new float[length * length];
                for (int i = 0; i < length; i++) {
                    Arrays.fill(later, i * length + i + 1, (i + 1) * length, Float.NEGATIVE_INFINITY);
                }
                final Tensor found = new Attention(HEADS, new Dropout(dropped), causal)
                        .forward(
                                leaves.get(0),
                                leaves.get(1),
                                leaves.get(2),
                                causal ? null : Tensors.of(later, 1, 1, length, length),
                                ForwardContext.training(8, recomputeActivations));
                found.mul(Tensors.of(drawn.get(3), 2, length, WIDTH)).sum().backward();
                final List<float[]> results = new ArrayList<>(List.of(Tensors.floats(found)));
                leaves.forEach(leaf -> results.add(Tensors.floats(leaf.grad())));
                both.add(results);
            }
        }
        for (int i = 0; i < 4; i++) {
            assertThat(both.get(0).get(i))
                    .as("number %d", i)
                    .containsExactly(both.get(1).get(i), within(3e-5f));
        }
    }

    /** Of short rows and long ones, with a cut between them, of one or more rows, with padding in the first one or without. */
    @ParameterizedTest(name = "{0} rows of {1} positions, padded {2}, dropout {3}")
    @CsvSource({"2, 12, 2, 0", "1, 200, 0, 0", "2, 300, 9, 0", "2, 150, 9, 0.3"})
    void groupedQueriesInBfloat16AttendAsFloatsDo(int rows, int length, int padding, double dropped) {
        final int heads = 6;
        final SplittableRandom random = new SplittableRandom(5);
        final List<float[]> drawn = new ArrayList<>();
        for (int width : new int[] {heads * SIZE, WIDTH, WIDTH, heads * SIZE}) {
            drawn.add(numbers(random, rows * length * width));
        }
        final float[] hidden = new float[rows * length];
        Arrays.fill(hidden, 0, padding, -Float.MAX_VALUE);
        final List<List<float[]>> both = new ArrayList<>();
        for (ScalarType type : new ScalarType[] {ScalarType.Float, ScalarType.BFloat16}) {
            try (TensorScope scope = TensorScope.open();
                    CustomGradients custom = type == ScalarType.BFloat16 ? CustomGradients.open() : null) {
                final List<Tensor> leaves = new ArrayList<>();
                for (float[] values : drawn) {
                    leaves.add(Tensors.of(values, rows, length, values.length / (rows * length))
                            .to(ScalarType.BFloat16)
                            .to(type)
                            .set_requires_grad(true));
                }
                final Tensor found = new Attention(heads, HEADS, new Dropout(dropped), true)
                        .forward(
                                leaves.get(0),
                                leaves.get(1),
                                leaves.get(2),
                                padding > 0 ? Tensors.of(hidden, rows, 1, 1, length) : null,
                                ForwardContext.training(8));
                assertThat(found.scalar_type().intern()).isEqualTo(type);
                found.mul(leaves.get(3))
                        .narrow(1, padding, length - padding)
                        .sum()
                        .backward();
                final List<float[]> results = new ArrayList<>();
                results.add(Tensors.floats(
                        found.narrow(1, padding, length - padding).to(ScalarType.Float)));
                leaves.subList(0, 3)
                        .forEach(leaf -> results.add(Tensors.floats(leaf.grad().to(ScalarType.Float))));
                both.add(results);
            }
        }
        for (int i = 0; i < 4; i++) {
            float largest = 0;
            for (float each : both.get(0).get(i)) {
                largest = Math.max(largest, Math.abs(each));
            }
            assertThat(both.get(1).get(i))
                    .as("output, then gradients of queries, keys, values: %d", i)
                    .containsExactly(both.get(0).get(i), within(largest / 128));
        }
    }

    /** x / sqrt(mean(x^2)) times a weight, as Llama's norms. */
    private record RootMeanSquareNorm(Parameter weight) implements Module {
        Tensor forward(Tensor input) {
            final Tensor mean =
                    input.square().mean(new long[] {-1}, true, new org.bytedeco.pytorch.ScalarTypeOptional());
            return input.mul(mean.add(new Scalar(1e-6)).rsqrt()).mul(weight.value());
        }

        @Override
        public List<Parameter> parameters() {
            return List.of(weight);
        }
    }

    private record Words(Embedding words, Embedding places) implements Stage {
        @Override
        public String name() {
            return "words";
        }

        @Override
        public Tensor forward(Tensor nothing, Batch batch, ForwardContext context) {
            final Tensor ids = batch.get("input_ids");
            final long[] at = new long[(int) ids.size(1)];
            Arrays.setAll(at, i -> context.past() + i);
            return words.forward(ids, context).add(places.forward(Tensors.of(at, 1, at.length), context));
        }

        @Override
        public List<Parameter> parameters() {
            return Module.parametersOf(List.of(words, places));
        }
    }

    /** A decoder's layer without biases. */
    private record Block(
            String name, RootMeanSquareNorm norm, Linear query, Linear key, Linear value, Attention attention)
            implements Stage {
        Block(ParameterSource source, String name) {
            this(
                    name,
                    new RootMeanSquareNorm(source.take(name + ".norm", Init.ONES, WIDTH)),
                    new Linear(source.at(name + ".query"), WIDTH, WIDTH, Init.ONES, false),
                    new Linear(source.at(name + ".key"), WIDTH, WIDTH, Init.ONES, false),
                    new Linear(source.at(name + ".value"), WIDTH, WIDTH, Init.ONES, false),
                    new Attention(HEADS, new Dropout(0.1), true));
        }

        @Override
        public Tensor forward(Tensor input, Batch batch, ForwardContext context) {
            Tensor hidden = input;
            for (int i = 0; i < 2; i++) { // Two attentions in a stage have a place of their own each.
                final Tensor normed = norm.forward(hidden);
                hidden = hidden.add(attention.forward(
                        query.forward(normed, context),
                        key.forward(normed, context),
                        value.forward(normed, context),
                        null,
                        context));
            }
            return hidden;
        }

        @Override
        public List<Parameter> parameters() {
            return Module.parametersOf(List.of(norm, query, key, value));
        }
    }

    /** The words again, as output. */
    private record Tied(Linear output) implements HeadModule {
        @Override
        public Map<String, Tensor> forward(Tensor hidden, Batch batch, ForwardContext context) {
            return Map.of("logits", output.forward(hidden, context));
        }

        @Override
        public List<Parameter> parameters() {
            return output.parameters();
        }
    }

    private record Row(int length, Target target) implements Encoded {}

    private static float[] logits(Network network, long[][] rows, int from, int to, ForwardContext context) {
        final long[] ids = new long[rows.length * (to - from)];
        final List<Encoded> encoded = new ArrayList<>();
        for (int row = 0; row < rows.length; row++) {
            System.arraycopy(rows[row], from, ids, row * (to - from), to - from);
            encoded.add(new Row(to - from, new Target.None()));
        }
        try (TensorScope scope = TensorScope.open();
                GradientMode off = GradientMode.off();
                Batch batch = new Batch(
                        new HostBatch(Map.of("input_ids", new HostTensor.Longs(ids, rows.length, to - from)), encoded),
                        Tensors.cpu())) {
            return Tensors.floats(network.forward(batch, context).get("logits"));
        }
    }

    @Test
    void aDecoderGoesOnFromItsCacheAsIfItHadReadAllAtOnce() {
        final int vocabulary = 11;
        final int length = 9;
        final long[][] rows = new long[2][length];
        final SplittableRandom random = new SplittableRandom(6);
        for (long[] row : rows) {
            Arrays.setAll(row, i -> random.nextInt(vocabulary));
        }
        final Made made = new Made(2);
        final Embedding words = new Embedding(made.at("words"), vocabulary, WIDTH, -1, Init.ONES);
        try (Network network = new Network(
                List.of(
                        new Words(words, new Embedding(made.at("places"), 16, WIDTH, -1, Init.ONES)),
                        new Block(made, "block.0"),
                        new Block(made, "block.1")),
                new Tied(new Linear(words.weight(), null)))) {
            final float[] whole = logits(network, rows, 0, length, ForwardContext.evaluating());
            logits(network, rows, 0, 1, ForwardContext.evaluating());
            final long before = Pointer.totalCount();
            final float[] parts = new float[whole.length];
            try (KeyValueCache cache = new KeyValueCache(3)) {
                final int[] ends = {4, 5, 6, 8, 9}; // A prompt, then one or two at a time.
                int from = 0;
                for (int to : ends) {
                    assertThat(cache.length()).isEqualTo(from);
                    if (from > 0 && to < length) { // What else was read, and is forgotten.
                        logits(network, rows, 0, 2, ForwardContext.continuing(cache));
                        cache.forgetLast(2, 2);
                    }
                    final float[] part = logits(network, rows, from, to, ForwardContext.continuing(cache));
                    for (int row = 0; row < rows.length; row++) {
                        System.arraycopy(
                                part,
                                row * (to - from) * vocabulary,
                                parts,
                                (row * length + from) * vocabulary,
                                (to - from) * vocabulary);
                    }
                    from = to;
                }
                for (int[] wrong : new int[][] {{0, 10}, {-1, 0}, {0}, {0, 0, 0}}) {
                    assertThatThrownBy(() -> cache.forgetLast(wrong))
                            .isInstanceOf(IllegalArgumentException.class)
                            .hasMessageContaining(Arrays.toString(wrong) + " of 9 positions of 2 rows");
                }
            }
            assertThat(parts).containsExactly(whole, within(2e-5f));
            assertThat(Pointer.totalCount()).isEqualTo(before);
        }
    }
}
