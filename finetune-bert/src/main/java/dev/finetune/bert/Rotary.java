package dev.finetune.bert;

import dev.finetune.batch.HostTensor;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.nn.Batch;
import dev.finetune.nn.OperatorGraph;
import dev.finetune.nn.OperatorGraph.Elements;
import dev.finetune.nn.OperatorGraph.Value;
import dev.finetune.nn.RotaryTurn;
import dev.finetune.nn.TensorValues;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Rotary positions (Su et al., "RoFormer", 2021): in each head the numbers i and i + size / 2 are turned as a pair by the angle
 * position * base^(-2 i / size).
 *
 * @param heads into which the width is cut
 * @param base of the angles
 */
record Rotary(int heads, double base) {
    /**
     * Turns what attention compares.
     *
     * @param wide (batch, length, width): the first tokens of the batch's rows
     * @param batch keeps the angles, for all layers
     * @return (batch, length, width)
     */
    Tensor forward(Tensor wide, Batch batch) {
        final long length = wide.size(1);
        final long half = wide.size(2) / heads / 2;
        final Tensor angles = batch.derived(
                        "rotary." + base + "." + half,
                        () -> Optional.of(angles(batch.get("input_ids").size(1), half, batch.device())))
                .orElseThrow()
                .narrow(1, 0, length);
        return RotaryTurn.of(wide, heads, angles.narrow(0, 0, 1), angles.narrow(0, 1, 1));
    }

    /**
     * Draws how what attention compares is turned.
     *
     * @param graph where
     * @param split (batch, heads, length, size)
     * @param size of a head
     * @return of the same shape
     */
    Value draw(OperatorGraph graph, Value split, long size) {
        final Value angles = graph.derived("rotary." + base + "." + size, () -> {
            final Value places = graph.cast(TextInputs.places(graph), Elements.FLOAT);
            return graph.apply(
                    "Mul", graph.apply("Unsqueeze", places, graph.wholes(1)), graph.given(hostSpeeds(size / 2)));
        });
        final Value cosines = graph.derived("cosines of " + angles.name(), () -> graph.apply("Cos", angles));
        final Value sines = graph.derived("sines of " + angles.name(), () -> graph.apply("Sin", angles));
        final List<Value> halves = graph.operator("Split", split).set("axis", 3).values(2);
        final Value first = halves.get(0);
        final Value second = halves.get(1);
        final Value turnedFirst =
                graph.apply("Sub", graph.apply("Mul", first, cosines), graph.apply("Mul", second, sines));
        final Value turnedSecond =
                graph.apply("Add", graph.apply("Mul", second, cosines), graph.apply("Mul", first, sines));
        return graph.operator("Concat", turnedFirst, turnedSecond)
                .set("axis", 3)
                .value();
    }

    private HostTensor hostSpeeds(long half) {
        try (TensorScope scope = TensorScope.open()) {
            return new HostTensor.Floats(TensorValues.floats(speeds(half)), half);
        }
    }

    /** (half): by what a place is multiplied, to be an angle. */
    private Tensor speeds(long half) {
        final TensorOptions floats = new TensorOptions(ScalarType.Float);
        final Tensor exponents = torch.arange(new Scalar(0), new Scalar(2 * half), new Scalar(2), floats)
                .div(new Scalar((double) (2 * half)));
        return torch.pow(new Scalar(base), exponents).reciprocal();
    }

    /** (2, length, half): cosines and sines, computed in float32 as the reference does. */
    private Tensor angles(long length, long half, Device device) {
        final TensorOptions floats = new TensorOptions(ScalarType.Float);
        final Tensor places = torch.arange(new Scalar(length), floats);
        final Tensor angles = places.unsqueeze(1).mul(speeds(half));
        return torch.stack(new TensorVector(angles.cos(), angles.sin())).to(device, ScalarType.Float);
    }
}
