package dev.finetune.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonObject;
import dev.finetune.Reference;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import dev.finetune.nn.Parameter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Twenty steps at changing rates, some clipped, some without a gradient for one parameter, are those of torch.optim. */
class OptimizerTest {
    private final JsonObject reference = Reference.read("optimizers").getAsJsonObject();

    private static OptimizerSettings settings(String name, double decay) {
        final WeightDecay weightDecay = WeightDecay.of(decay);
        return switch (name) {
            case "adamw" -> OptimizerSettings.adamW().withWeightDecay(weightDecay);
            case "adamw-betas" -> new OptimizerSettings.AdamW(0.8, 0.95, 1e-4, weightDecay);
            case "sgd" -> new OptimizerSettings.Sgd(0, false, weightDecay);
            case "momentum" -> OptimizerSettings.sgd(0.9).withWeightDecay(weightDecay);
            case "nesterov" -> new OptimizerSettings.Sgd(0.9, true, weightDecay);
            default -> throw new IllegalArgumentException(name);
        };
    }

    @TestFactory
    Stream<DynamicTest> everyStepIsTorchs() {
        return Reference.objects(reference.get("rows")).stream().map(row -> {
            final String name = row.get("name").getAsString();
            final double decay = row.get("weight_decay").getAsDouble();
            return DynamicTest.dynamicTest(name + ", weight decay " + decay, () -> agrees(settings(name, decay), row));
        });
    }

    private void agrees(OptimizerSettings settings, JsonObject row) {
        final Map<String, Parameter> parameters = new LinkedHashMap<>();
        row.getAsJsonObject("start").asMap().forEach((name, values) -> {
            final long[] shape =
                    Reference.longs(reference.getAsJsonObject("shapes").get(name));
            parameters.put(name, parameter(name, Reference.floats(values), shape));
        });
        final List<Parameter> all = List.copyOf(parameters.values());
        try (Optimizer optimizer = new Optimizer(settings, all)) {
            for (JsonObject step : Reference.objects(row.get("steps"))) {
                try (TensorScope scope = TensorScope.open()) {
                    step.getAsJsonObject("gradients").asMap().forEach((name, values) -> {
                        final Parameter parameter = parameters.get(name);
                        parameter.value().mutable_grad().put(Tensors.of(Reference.floats(values), parameter.shape()));
                    });
                }
                optimizer.step(step.get("rate").getAsDouble(), step.get("scale").getAsDouble());
                Optimizer.forgetGradients(all);
                step.getAsJsonObject("after").asMap().forEach((name, values) -> {
                    final double[] expected = Reference.doubles(values);
                    final float[] found = Tensors.floats(parameters.get(name).value());
                    for (int i = 0; i < expected.length; i++) {
                        assertThat((double) found[i])
                                .as("%s[%d] after the step at rate %s", name, i, step.get("rate"))
                                .isCloseTo(expected[i], within(5e-6 * Math.max(1, Math.abs(expected[i]))));
                    }
                });
            }
        }
        all.forEach(Parameter::close);
    }

    private static Parameter parameter(String name, float[] values, long... shape) {
        try (TensorScope scope = TensorScope.open()) {
            return new Parameter(name, Tensors.own(Tensors.of(values, shape)), false);
        }
    }

    @Test
    void aShareOfTheRateIsThatRateForTheParameterAlone() {
        for (OptimizerSettings rule : List.of(settings("adamw", 0.1), settings("nesterov", 0.1))) {
            try (Parameter shared = parameter("shared", new float[] {1, -2, 3, 4}, 2, 2);
                    Parameter whole = parameter("whole", new float[] {1, -2, 3, 4}, 2, 2);
                    Parameter alone = parameter("alone", new float[] {1, -2, 3, 4}, 2, 2);
                    Parameter still = parameter("still", new float[] {5, 6}, 1, 2);
                    Optimizer one = new Optimizer(
                            rule, List.of(shared, whole, still), parameter -> parameter == shared ? 0.25 : 1);
                    Optimizer other = new Optimizer(rule, List.of(alone))) {
                for (int step = 1; step <= 5; step++) {
                    try (TensorScope scope = TensorScope.open()) {
                        for (Parameter parameter : List.of(shared, whole, alone)) {
                            parameter.value().mutable_grad().put(Tensors.of(new float[] {step, -1, 0.5f, 2}, 2, 2));
                        }
                    }
                    one.step(0.2, 1);
                    other.step(0.05, 1);
                }
                assertThat(Tensors.floats(shared.value())).isEqualTo(Tensors.floats(alone.value()));
                assertThat(Tensors.floats(whole.value())).isNotEqualTo(Tensors.floats(alone.value()));
                assertThat(Tensors.floats(still.value())).containsExactly(5, 6);
            }
        }
    }

    @Test
    void vectorsAreSparedOfDecayOrElseWhatIsNamed() {
        final WeightDecay byDefault = WeightDecay.of(0.1);
        final WeightDecay named = new WeightDecay(0.1, Optional.of(Pattern.compile("embeddings")));
        try (Parameter matrix = parameter("embeddings.weight", new float[4], 2, 2);
                Parameter table = parameter("encoder.relative_attention_bias.weight", new float[4], 2, 2);
                Parameter vector = parameter("layer.norm.weight", new float[2], 2)) {
            assertThat(byDefault.of(matrix)).isEqualTo(0.1);
            assertThat(byDefault.of(table)).as("the Trainer looks for \"bias\"").isZero();
            assertThat(byDefault.of(vector)).isZero();
            assertThat(named.of(matrix)).isZero();
            assertThat(named.of(vector)).isEqualTo(0.1);
        }
    }
}
