package dev.finetune.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.finetune.internal.torch.GradientMode;
import dev.finetune.internal.torch.Natives;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;

/** Predictions, one after the other, for which weights are laid out a second time after some. */
class ManyPassesTest {
    private static final int WIDTH = 300;
    private static final ForwardContext PREDICTING = ForwardContext.evaluating().predicting();

    private static Parameter owned(String name, long... shape) {
        final Tensor values = torch.empty(shape).uniform_(-1, 1, new GeneratorOptional());
        return new Parameter(name, Tensors.own(values), false);
    }

    private static void assertGivesTheSame(Linear layer) {
        for (int rows : new int[] {1, 13, 100, 200}) {
            try (TensorScope scope = TensorScope.open()) {
                final Tensor input = torch.empty(1, rows, WIDTH).uniform_(-1, 1, new GeneratorOptional());
                final Tensor expected = layer.forward(input, ForwardContext.evaluating());
                assertNear(layer.forward(input, PREDICTING), expected);
                assertNear(layer.activated(Activation.GELU, input, PREDICTING), torch.gelu(expected));
                assertNear(layer.plus(expected, input, PREDICTING), expected.add(expected));
            }
        }
    }

    private static void assertNear(Tensor is, Tensor expected) {
        assertThat(Tensors.shape(is)).isEqualTo(Tensors.shape(expected));
        assertThat(is.sub(expected).abs().max().item_double()).isLessThan(1e-4);
    }

    /** Whether a copy of it has been laid out. */
    private static boolean hasCopy(Parameter weight) {
        return weight.copyThere(weight.value()) != null;
    }

    private static void predict(Linear layer, int times) {
        for (int pass = 0; pass < times; pass++) {
            try (TensorScope scope = TensorScope.open()) {
                layer.activated(Activation.GELU, torch.ones(2, WIDTH), PREDICTING);
            }
        }
    }

    @Test
    void weightsAreLaidOutAfterSixteenPassesAndForgottenOnceTheyHaveChanged() {
        assumeThat(Natives.matrixProducts()).isEqualTo("OpenBLAS");
        try (GradientMode off = GradientMode.off();
                TensorScope scope = TensorScope.open();
                Parameter weight = owned("weight", WIDTH, WIDTH)) {
            final Linear layer = new Linear(weight, null);
            predict(layer, 16);
            assertThat(hasCopy(weight)).isFalse();
            predict(layer, 1);
            assertThat(hasCopy(weight)).isTrue();
            weight.value().mul_(new Scalar(2));
            predict(layer, 16);
            assertThat(hasCopy(weight)).isFalse();
            predict(layer, 1);
            assertThat(hasCopy(weight)).isTrue();
            weight.dropCopy();
            assertThat(hasCopy(weight)).isFalse();
        }
    }

    @Test
    void evaluationsAndManyRowsLayNothingOut() {
        try (GradientMode off = GradientMode.off();
                TensorScope scope = TensorScope.open();
                Parameter weight = owned("weight", WIDTH, WIDTH)) {
            final Linear layer = new Linear(weight, null);
            for (int pass = 0; pass < 20; pass++) {
                layer.forward(torch.ones(2, WIDTH), ForwardContext.evaluating());
                layer.forward(torch.ones(200, WIDTH), PREDICTING);
            }
            assertThat(hasCopy(weight)).isFalse();
        }
    }

    @Test
    void memoryThatSeveralNetworksShareIsNotLaidOutByEach() {
        try (GradientMode off = GradientMode.off();
                TensorScope scope = TensorScope.open();
                Parameter weight = owned("weight", WIDTH, WIDTH);
                Parameter other = owned("weight", WIDTH, WIDTH)) {
            other.share(weight);
            predict(new Linear(other, null), 20);
            assertThat(hasCopy(other)).isFalse();
        }
    }

    @Test
    void everyPassGivesTheSameNumbersAlsoOnceWeightsHaveChanged() {
        try (GradientMode off = GradientMode.off();
                TensorScope scope = TensorScope.open();
                Parameter weight = owned("weight", WIDTH, WIDTH);
                Parameter bias = owned("bias", WIDTH)) {
            final Linear layer = new Linear(weight, bias);
            for (int change = 0; change < 3; change++) {
                for (int pass = 0; pass < 12; pass++) {
                    assertGivesTheSame(layer);
                }
                weight.value().mul_(new Scalar(-0.5));
                assertGivesTheSame(layer);
            }
            weight.value().set_data(torch.zeros(WIDTH, WIDTH));
            assertGivesTheSame(layer);
        }
    }

    @Test
    void aGradientIsRecordedOfAPassThatPredicts() {
        try (TensorScope scope = TensorScope.open();
                Parameter weight = owned("weight", WIDTH, WIDTH)) {
            weight.setTrained(true);
            final Linear layer = new Linear(weight, null);
            final Tensor input = torch.ones(2, WIDTH);
            for (int pass = 0; pass < 40; pass++) {
                layer.forward(input, PREDICTING);
            }
            layer.forward(input, PREDICTING).sum().backward();
            assertThat(weight.value().grad().sum().item_double()).isEqualTo(2.0 * WIDTH * WIDTH);
        }
    }
}
