package dev.finetune.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OneQueryAttentionTest {
    private static final int HEADS = 3;
    private static final int SIZE = 5;
    private static final int WIDTH = HEADS * SIZE;
    private static final int IN = 11;

    private static Tensor numbers(Random random, long... shape) {
        final float[] values = new float[(int) Arrays.stream(shape).reduce(1, (a, b) -> a * b)];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return Tensors.of(values, shape);
    }

    private static Linear linear(Random random, List<Tensor> leaves) {
        final Parameter weight = new Parameter("weight", Tensors.own(numbers(random, WIDTH, IN)), false);
        final Parameter bias = new Parameter("bias", Tensors.own(numbers(random, WIDTH)), false);
        for (Parameter parameter : List.of(weight, bias)) {
            parameter.setTrained(true);
            leaves.add(parameter.value());
        }
        return new Linear(weight, bias);
    }

    @ParameterizedTest(name = "{0} rows of {1} tokens, padded {2}, dropout {3}")
    @CsvSource({"4, 7, false, 0", "4, 7, true, 0", "2, 1, false, 0", "3, 40, true, 0.3"})
    void outputsAndGradientsAreThoseOfComputedKeysAndValues(int rows, int length, boolean padded, double dropout) {
        final Attention attention = new Attention(HEADS, new Dropout(dropout));
        final List<List<float[]>> found = new ArrayList<>();
        for (boolean computed : new boolean[] {true, false}) {
            final Random random = new Random(3);
            try (TensorScope scope = TensorScope.open()) {
                final List<Tensor> leaves = new ArrayList<>();
                final Linear key = linear(random, leaves);
                final Linear value = linear(random, leaves);
                final Tensor query = numbers(random, rows, 1, WIDTH).set_requires_grad(true);
                final Tensor input = numbers(random, rows, length, IN).set_requires_grad(true);
                leaves.addAll(List.of(query, input));
                final float[] mask = new float[rows * length];
                for (int row = 0; padded && row < rows; row++) {
                    Arrays.fill(mask, row * length + 1 + row, (row + 1) * length, Float.NEGATIVE_INFINITY);
                }
                final Tensor bias = padded ? Tensors.of(mask, rows, 1, 1, length) : null;
                final ForwardContext context = ForwardContext.training(11);
                final Tensor output = computed
                        ? attention.forward(
                                query, key.forward(input, context), value.forward(input, context), bias, context)
                        : attention.singleQuery(query, input, key, value, bias, null, context);
                output.mul(numbers(random, rows, 1, WIDTH)).sum().backward();
                final List<float[]> results = new ArrayList<>(List.of(Tensors.floats(output)));
                leaves.forEach(leaf -> results.add(Tensors.floats(leaf.grad())));
                found.add(results);
                key.parameters().forEach(Parameter::close);
                value.parameters().forEach(Parameter::close);
            }
        }
        for (int i = 0; i < found.get(0).size(); i++) {
            assertThat(found.get(1).get(i))
                    .as("number %d", i)
                    .containsExactly(found.get(0).get(i), within(2e-5f));
        }
    }
}
