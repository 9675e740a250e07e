package dev.finetune.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonObject;
import dev.finetune.Reference;
import dev.finetune.error.FinetuneException;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import java.util.Arrays;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class ActivationTest {
    private final JsonObject reference = Reference.read("activations").getAsJsonObject();

    @TestFactory
    Stream<DynamicTest> valuesAndGradientsAreThoseOfTransformers() {
        final float[] x = Reference.floats(reference.get("x"));
        return Arrays.stream(Activation.values()).map(activation -> {
            final String name = activation.configName();
            final JsonObject expected = reference.getAsJsonObject("names").getAsJsonObject(name);
            return DynamicTest.dynamicTest(name, () -> {
                try (TensorScope scope = TensorScope.open()) {
                    final Tensor input = Tensors.of(x, x.length);
                    input.set_requires_grad(true);
                    final Tensor output = Activation.named(name).forward(input);
                    output.sum().backward();
                    agrees(x, Tensors.floats(output), Reference.doubles(expected.get("y")));
                    agrees(x, Tensors.floats(Tensors.gradient(input)), Reference.doubles(expected.get("gradient")));
                }
            });
        });
    }

    private static void agrees(float[] x, float[] ours, double[] theirs) {
        for (int i = 0; i < x.length; i++) {
            assertThat((double) ours[i])
                    .as("at %s", x[i])
                    .isCloseTo(theirs[i], within(2e-6 * Math.max(1, Math.abs(theirs[i]))));
        }
    }

    @Test
    void everyNameOfTransformersIsKnown() {
        assertThat(Arrays.stream(Activation.values())
                        .map(Activation::configName)
                        .collect(Collectors.toSet()))
                .isEqualTo(reference.getAsJsonObject("names").keySet());
    }

    @Test
    void anUnknownNameIsRefusedWithThoseThatAreKnown() {
        assertThatThrownBy(() -> Activation.named("GELU"))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContainingAll("\"GELU\"", "gelu_new", "quick_gelu");
    }
}
