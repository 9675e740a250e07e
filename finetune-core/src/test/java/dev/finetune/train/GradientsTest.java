package dev.finetune.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import dev.finetune.nn.Parameter;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;

class GradientsTest {
    private static Parameter parameter(String name, Tensor gradient) {
        final Parameter parameter = new Parameter(name, Tensors.own(torch.zeros(Tensors.shape(gradient))), false);
        parameter.setTrained(true);
        parameter.value().mutable_grad().put(gradient);
        return parameter;
    }

    /** Every element differs in size from the next pieces' ones, so that none can be left out or counted twice. */
    @Test
    void theNormIsThatOfAllNumbersOfLargeSmallAndTransposedGradients() {
        try (TensorScope scope = TensorScope.open()) {
            final Tensor large = torch.ones(3, 1 << 20).mul_(Tensors.of(new float[] {1, 2, 3}, 3, 1));
            final Tensor uneven = torch.ones(new long[] {(1 << 20) + 5}).mul_(Tensors.of(new float[] {4}, 1));
            final Tensor transposed = torch.ones(1 << 11, 1 << 10)
                    .mul_(Tensors.of(new float[] {5}, 1))
                    .t();
            final Tensor small = Tensors.of(new float[] {3000, 4000}, 2);
            final double expected = Math.sqrt((1.0 + 4 + 9) * (1 << 20)
                    + 16.0 * ((1 << 20) + 5)
                    + 25.0 * (1 << 21)
                    + 3000.0 * 3000
                    + 4000.0 * 4000);
            final List<Parameter> all = List.of(
                    parameter("large", large),
                    parameter("uneven", uneven),
                    parameter("transposed", transposed),
                    parameter("small", small));
            assertThat(Gradients.norm(all)).isCloseTo(expected, within(1e-6 * expected));
            all.forEach(Parameter::close);
        }
    }
}
