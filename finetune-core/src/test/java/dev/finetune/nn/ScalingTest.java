package dev.finetune.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** IA3 beside a layer and merged into it. */
class ScalingTest {
    private final Made made = new Made(3);

    @AfterEach
    void close() {
        made.taken.forEach(Parameter::close);
    }

    @ParameterizedTest
    @CsvSource({"true,1", "false,1", "true,2", "false,2"})
    void mergedItGivesWhatItGivesBesideAConvolutionWithBiasAndGroups(boolean ofInputs, long groups) {
        final Conv2d convolution = new Conv2d(made, new Conv2d.Shape(4, 6, 3, 2, 1, groups), Init.ZEROS, true);
        adapt(new LayerKind.Convolution(groups), ofInputs, made.take("ia3_l", Init.ONES, 1, ofInputs ? 4 : 6, 1, 1));
        try (TensorScope scope = TensorScope.open()) {
            final var input = made.take("input", Init.ONES, 2, 4, 5, 5).value();
            final float[] beside = Tensors.floats(convolution.forward(input, ForwardContext.evaluating()));
            made.taken.forEach(Parameter::merge);
            final float[] merged = Tensors.floats(convolution.forward(input, ForwardContext.evaluating()));
            assertThat(merged).containsExactly(beside, within(1e-6f));
        }
    }

    @Test
    void aFactorMultipliesItsOwnOutputAndTheBias() {
        final Linear linear = new Linear(made, 3, 2, Init.ZEROS);
        try (TensorScope scope = TensorScope.open()) {
            final var input = made.take("input", Init.ONES, 1, 3).value();
            final float[] plain = Tensors.floats(linear.forward(input, ForwardContext.evaluating()));
            final Parameter vector = made.take("ia3_l", Init.ONES, 2, 1);
            adapt(new LayerKind.Linear(), false, vector);
            final float[] factors = Tensors.floats(vector.value());
            assertThat(Tensors.floats(linear.forward(input, ForwardContext.evaluating())))
                    .containsExactly(new float[] {plain[0] * factors[0], plain[1] * factors[1]}, within(1e-6f));
        }
    }

    private void adapt(LayerKind kind, boolean ofInputs, Parameter vector) {
        final Scaling scaling = new Scaling(kind, vector, ofInputs);
        made.taken.get(0).adapt(scaling);
        if (!ofInputs) {
            made.taken.get(1).adaptBias(scaling);
        }
    }
}
