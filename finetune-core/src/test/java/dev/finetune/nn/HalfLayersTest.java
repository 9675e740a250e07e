package dev.finetune.nn;

import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.internal.torch.CustomGradients;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorArrayRefOptional;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Layers whose input is in bfloat16 against the same in floats: what they give, and gradients of inputs and parameters. */
class HalfLayersTest {
    /** So many that gradients are computed in pieces, the last of them shorter. */
    private static final int ROWS = 3;

    private static final int LENGTH = 171;
    private static final int WIDTH = 640;

    /** Two steps between numbers of bfloat16, beside them. */
    private static final float STEPS = 1f / 64;

    private final SplittableRandom random = new SplittableRandom(4);
    private final Made made = new Made(5);

    @AfterEach
    void close() {
        made.taken.forEach(Parameter::close);
    }

    @Test
    void theSameNumbersAreDropped() {
        final Dropout dropout = new Dropout(0.3);
        holds(x -> dropout.forward(x, ForwardContext.training(2)), List.of());
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aNormIsThatOfFloats(boolean aroundOne) {
        final RmsNorm norm = aroundOne ? RmsNorm.aroundOne(made, WIDTH, 1e-2) : new RmsNorm(made, WIDTH, 1e-2);
        holds(norm::forward, made.taken);
    }

    @Test
    void aFrozenNormPassesItsGradientOn() {
        final RmsNorm norm = new RmsNorm(made, WIDTH, 1e-6);
        made.taken.forEach(each -> each.setTrained(false));
        holds(norm::forward, List.of());
    }

    @Test
    void positionsAreTurnedAsFloatsAre() {
        final float[] cosines = Made.normal(random, 1, LENGTH * WIDTH / 10);
        final float[] sines = Made.normal(random, 1, LENGTH * WIDTH / 10);
        holds(
                x -> RotaryTurn.of(
                        x, 5, Tensors.of(cosines, 1, LENGTH, WIDTH / 10), Tensors.of(sines, 1, LENGTH, WIDTH / 10)),
                List.of());
    }

    @ParameterizedTest
    @CsvSource({"false, false, 0", "true, false, 0.2", "false, true, 0.2", "true, true, 0"})
    void whatAdaptsALayerInBfloat16ReadsAndLearnsAsFromFloats(boolean biased, boolean dora, double dropout) {
        final Linear layer = new Linear(made, WIDTH, 24, Init.ZEROS, biased);
        final List<Parameter> base = List.copyOf(made.taken);
        base.forEach(each -> each.setTrained(false));
        final Parameter weight = base.get(0);
        try (TensorScope scope = TensorScope.open()) {
            weight.value().set_data(weight.value().to(ScalarType.BFloat16));
        }
        final LowRank addition = new LowRank(
                new LayerKind.Linear(),
                weight,
                made.take("a", Init.ZEROS, 4, WIDTH),
                made.take("b", Init.ZEROS, 24, 4),
                0.5,
                new Dropout(dropout),
                dora ? Optional.of(made.take("m", Init.ZEROS, 24)) : Optional.empty());
        addition.settle();
        weight.adapt(addition);
        holds(x -> layer.forward(x, ForwardContext.training(1)), made.taken.subList(base.size(), made.taken.size()));
    }

    /** In bfloat16, computed by LibTorch's own gradients and by ours, beside floats of the same numbers. */
    private void holds(UnaryOperator<Tensor> layer, List<Parameter> trained) {
        final float[] numbers = Made.normal(random, 1, ROWS * LENGTH * WIDTH);
        final List<List<float[]>> all = new ArrayList<>();
        for (ScalarType type : new ScalarType[] {ScalarType.Float, ScalarType.BFloat16}) {
            for (boolean ours : new boolean[] {false, true}) {
                all.add(found(layer, trained, numbers, type, ours));
            }
        }
        for (int way = 1; way < all.size(); way++) {
            for (int i = 0; i < all.get(0).size(); i++) {
                agree(all.get(way).get(i), all.get(0).get(i), way == 1 ? 1e-5f : STEPS);
            }
        }
    }

    private List<float[]> found(
            UnaryOperator<Tensor> layer, List<Parameter> trained, float[] numbers, ScalarType type, boolean ours) {
        try (TensorScope scope = TensorScope.open();
                CustomGradients custom = ours ? CustomGradients.open() : null) {
            final Tensor x = Tensors.of(numbers, ROWS, LENGTH, WIDTH)
                    .to(ScalarType.BFloat16)
                    .to(type)
                    .detach()
                    .set_requires_grad(true);
            final Tensor y = layer.apply(x.mul(torch.ones_like(x)));
            assertThat(y.scalar_type().intern()).isEqualTo(type);
            final List<float[]> found = new ArrayList<>(List.of(floats(y)));
            // Weighed otherwise from number to number, as bfloat16 has them exactly.
            final Tensor weights = torch.arange(new Scalar(y.numel()))
                    .remainder(new Scalar(7))
                    .sub(new Scalar(3))
                    .view(Tensors.shape(y))
                    .to(type);
            y.backward(weights, new BoolOptional(), false, new TensorArrayRefOptional());
            found.add(floats(x.grad()));
            for (Parameter each : trained) {
                found.add(floats(each.value().grad()));
                each.value().mutable_grad().reset();
            }
            return found;
        }
    }

    private static float[] floats(Tensor tensor) {
        return Tensors.floats(tensor.to(ScalarType.Float));
    }

    /** Beside themselves, and beside a tenth of the largest, from whose rounding small ones come. */
    private static void agree(float[] found, float[] expected, float tolerance) {
        float largest = 0;
        for (float each : expected) {
            largest = Math.max(largest, Math.abs(each));
        }
        assertThat(largest).isPositive();
        assertThat(found).hasSameSizeAs(expected);
        for (int i = 0; i < found.length; i++) {
            if (Math.abs(found[i] - expected[i]) > tolerance * (Math.abs(expected[i]) + 0.1f * largest)) {
                assertThat(found[i]).as("number %d, the largest %s", i, largest).isEqualTo(expected[i]);
            }
        }
    }
}
