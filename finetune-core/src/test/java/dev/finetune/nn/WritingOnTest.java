package dev.finetune.nn;

import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.internal.torch.GradientMode;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class WritingOnTest {
    private static final int WIDTH = 300;

    private static Tensor random(long... shape) {
        return torch.empty(shape).uniform_(-1, 1, new GeneratorOptional());
    }

    private static Parameter owned(String name, long... shape) {
        return new Parameter(name, Tensors.own(random(shape)), false);
    }

    @ParameterizedTest
    @EnumSource(Activation.class)
    void aLayerGivesTheSameNumbersWhereTextsAreWrittenOn(Activation activation) {
        try (GradientMode off = GradientMode.off();
                TensorScope scope = TensorScope.open();
                Parameter weight = owned("weight", WIDTH, WIDTH);
                Parameter gateWeight = owned("gate", WIDTH, WIDTH);
                Parameter bias = owned("bias", WIDTH);
                KeyValueCache many = new KeyValueCache(100)) {
            final Linear layer = new Linear(weight, bias);
            final Linear gate = new Linear(gateWeight, null);
            final ForwardContext plain = ForwardContext.evaluating();
            final ForwardContext writing = ForwardContext.continuing(many);
            assertThat(writing.writesOn()).isTrue();
            for (int rows : new int[] {1, 3, 16, 40}) {
                final Tensor input = random(rows, 1, WIDTH);
                final Tensor other = random(rows, 1, WIDTH);
                assertNear(layer.activated(activation, input, writing), layer.activated(activation, input, plain));
                assertNear(layer.plus(other, input, writing), layer.plus(other, input, plain));
                assertNear(layer.times(other, input, writing), layer.times(other, input, plain));
                final GatedActivation gated = new GatedActivation(activation);
                assertNear(gated.forward(gate, layer, input, writing), gated.forward(gate, layer, input, plain));
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Activation.class)
    void whatIsNoNumberStaysSoWhereTextsAreWrittenOn(Activation activation) {
        try (GradientMode off = GradientMode.off();
                TensorScope scope = TensorScope.open();
                Parameter weight = owned("weight", WIDTH, WIDTH);
                KeyValueCache many = new KeyValueCache(100)) {
            final Linear layer = new Linear(weight, null);
            for (double spoiled : new double[] {Double.NaN, Double.POSITIVE_INFINITY}) {
                final Tensor input = random(2, 1, WIDTH);
                input.narrow(0, 1, 1).fill_(new Scalar(spoiled));
                final float[] is = Tensors.floats(layer.activated(activation, input, ForwardContext.continuing(many)));
                final float[] expected =
                        Tensors.floats(layer.activated(activation, input, ForwardContext.evaluating()));
                for (int i = 0; i < is.length; i++) {
                    assertThat(Float.isNaN(is[i]))
                            .as("place %d: %s instead of %s", i, is[i], expected[i])
                            .isEqualTo(Float.isNaN(expected[i]));
                }
            }
        }
    }

    private static void assertNear(Tensor is, Tensor expected) {
        assertThat(Tensors.shape(is)).isEqualTo(Tensors.shape(expected));
        final double most = expected.abs().max().item_double();
        assertThat(is.sub(expected).abs().max().item_double()).isLessThan(1e-5 * Math.max(1, most));
    }
}
