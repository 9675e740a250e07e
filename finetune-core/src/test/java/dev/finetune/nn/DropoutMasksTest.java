package dev.finetune.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;

class DropoutMasksTest {
    private static final Dropout SOME = new Dropout(0.25);
    private static final Dropout HALF = new Dropout(0.5);

    /** The outputs of three layers for ones, one after the other. */
    private static float[][] pass(ForwardContext context) {
        try (TensorScope scope = TensorScope.open()) {
            final Tensor wide = torch.ones(100, 1001);
            final Tensor narrow = torch.ones(999);
            return new float[][] {
                Tensors.floats(SOME.forward(wide, context)),
                Tensors.floats(HALF.forward(narrow, context)),
                Tensors.floats(SOME.forward(wide, context))
            };
        }
    }

    @Test
    void eachLayerKeepsItsShareAndScalesItDrawnAtOnceOrWhenDue() {
        try (DropoutMasks masks = new DropoutMasks(Tensors.cpu())) {
            final ForwardContext context = ForwardContext.training(7).with(masks);
            final float[][] due = pass(context);
            masks.settle();
            masks.draw(3);
            final float[][] atOnce = pass(context);
            for (float[][] outputs : new float[][][] {due, atOnce}) {
                assertThat(share(outputs[0], 1 / 0.75f)).isCloseTo(0.75, within(0.007)); // five standard deviations
                assertThat(share(outputs[1], 2)).isCloseTo(0.5, within(0.08));
                assertThat(both(outputs[0], outputs[2])).isCloseTo(0.5625, within(0.008));
            }
            assertThat(both(due[0], atOnce[0])).isCloseTo(0.5625, within(0.008));
        }
    }

    @Test
    void whatIsDroppedDependsOnTheSeedAlone() {
        try (DropoutMasks masks = new DropoutMasks(Tensors.cpu())) {
            final ForwardContext context = ForwardContext.training(7).with(masks);
            pass(context);
            masks.settle();
            masks.draw(3);
            final float[][] first = pass(context);
            masks.draw(4);
            assertThat(pass(context)[0]).isNotEqualTo(first[0]);
            masks.draw(3);
            assertThat(pass(context)).isDeepEqualTo(first);
        }
    }

    @Test
    void gradientsGoWhereNothingWasDropped() {
        try (TensorScope scope = TensorScope.open();
                DropoutMasks masks = new DropoutMasks(Tensors.cpu())) {
            final Tensor input = torch.ones(1000);
            input.set_requires_grad(true);
            final Tensor output = SOME.forward(input, ForwardContext.training(7).with(masks));
            output.sum().backward();
            assertThat(Tensors.floats(input.grad())).isEqualTo(Tensors.floats(output));
        }
    }

    @Test
    void masksThatWouldBeTooLargeAreRefused() {
        try (DropoutMasks masks = new DropoutMasks(Tensors.cpu(), 100_000)) {
            assertThatThrownBy(() -> pass(ForwardContext.training(7).with(masks)))
                    .isInstanceOf(DropoutMasks.TooLarge.class);
        }
    }

    @Test
    void passesOfOtherShapesAreRefused() {
        try (TensorScope scope = TensorScope.open();
                DropoutMasks masks = new DropoutMasks(Tensors.cpu())) {
            final ForwardContext context = ForwardContext.training(7).with(masks);
            SOME.forward(torch.ones(10), context);
            masks.settle();
            masks.draw(1);
            assertThatThrownBy(() -> SOME.forward(torch.ones(11), context))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("[10]")
                    .hasMessageContaining("[11]");
        }
    }

    private static double share(float[] outputs, float kept) {
        int count = 0;
        for (float output : outputs) {
            assertThat(output).isIn(0f, kept);
            count += output > 0 ? 1 : 0;
        }
        return (double) count / outputs.length;
    }

    private static double both(float[] one, float[] other) {
        int count = 0;
        for (int i = 0; i < one.length; i++) {
            count += one[i] > 0 && other[i] > 0 ? 1 : 0;
        }
        return (double) count / one.length;
    }
}
