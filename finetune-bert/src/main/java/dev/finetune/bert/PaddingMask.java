package dev.finetune.bert;

import dev.finetune.batch.HostTensor;
import dev.finetune.nn.Batch;
import dev.finetune.nn.OperatorGraph;
import dev.finetune.nn.OperatorGraph.Elements;
import dev.finetune.nn.OperatorGraph.Value;
import dev.finetune.nn.TensorValues;
import java.util.Optional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** What hides the padding of a batch from attention, computed once a batch. */
public final class PaddingMask {
    private PaddingMask() {}

    /**
     * {@return what attention adds to its scores, (batch, 1, 1, length): 0 for tokens, minus infinity for padding; empty where
     * nothing is padded; borrowed}
     *
     * @param batch with a column "attention_mask" (borrowed)
     */
    public static Optional<Tensor> bias(Batch batch) {
        return batch.derived("attention_bias", () -> {
            final HostTensor.Longs mask = (HostTensor.Longs) batch.hostColumn("attention_mask");
            final float[] bias = new float[mask.data().length];
            boolean padded = false;
            for (int i = 0; i < bias.length; i++) {
                if (mask.data()[i] == 0) {
                    bias[i] = Float.NEGATIVE_INFINITY;
                    padded = true;
                }
            }
            final long[] shape = {mask.shape()[0], 1, 1, mask.shape()[1]};
            return padded
                    ? Optional.of(TensorValues.of(new HostTensor.Floats(bias, shape), batch.device()))
                    : Optional.empty();
        });
    }

    /**
     * (1 or batch, 1, length, length): as {@link #bias}, and minus infinity for tokens that are too far away; empty where nothing
     * is hidden. A token of padding that sees nothing else sees all, so that its numbers stay finite.
     *
     * @param window how far a token may be away at the most
     */
    static Optional<Tensor> near(Batch batch, int window) {
        final long length = batch.get("attention_mask").size(1);
        return near(batch, window, length, bias(batch), "attention_bias_near." + window);
    }

    /**
     * The same for one of the groups of a batch's rows, (1 or rows, 1, length, length).
     *
     * @param length which that group alone has
     * @param padding what hides the padding of its rows, as {@link #bias}
     */
    static Optional<Tensor> nearInGroup(Batch batch, int window, long length, Optional<Tensor> padding) {
        return near(batch, window, length, padding, "attention_bias_near." + window + ".group." + length);
    }

    private static Optional<Tensor> near(Batch batch, int window, long length, Optional<Tensor> padding, String name) {
        if (length <= window + 1L) {
            return padding;
        }
        return batch.derived(name, () -> {
            final TensorOptions longs = new TensorOptions(ScalarType.Long);
            final Tensor places = torch.arange(new Scalar(length), longs);
            final Tensor far = places.unsqueeze(0)
                    .sub(places.unsqueeze(1))
                    .abs()
                    .gt(new Scalar((long) window))
                    .unsqueeze(0)
                    .unsqueeze(0)
                    .to(batch.device(), ScalarType.Bool);
            final Tensor hidden = padding.map(bias -> far.logical_or(bias.lt(new Scalar(0.0))))
                    .map(any -> any.logical_and(any.all(3, true).logical_not()))
                    .orElse(far);
            return Optional.of(torch.zeros(TensorValues.shape(hidden), new TensorOptions(ScalarType.Float))
                    .to(batch.device(), ScalarType.Float)
                    .masked_fill(hidden, new Scalar(Double.NEGATIVE_INFINITY)));
        });
    }

    /** As {@link #bias}, the lowest number for padding: (batch, 1, 1, length). */
    static Value draw(OperatorGraph graph) {
        return graph.derived("attention_bias", () -> {
            final Value hidden = graph.apply("Where", padding(graph), lowest(graph), graph.number(0));
            return graph.apply("Unsqueeze", hidden, graph.wholes(1, 2));
        });
    }

    /** As {@link #near}: (batch, 1, length, length). */
    static Value drawNear(OperatorGraph graph, int window) {
        return graph.derived("attention_bias_near." + window, () -> {
            final Value far =
                    graph.apply("Greater", graph.apply("Abs", TextInputs.distances(graph)), graph.whole(window));
            final Value padding = graph.apply("Unsqueeze", padding(graph), graph.wholes(1, 2));
            return graph.apply("Where", graph.apply("Or", far, padding), lowest(graph), graph.number(0));
        });
    }

    /** As {@link #shown}: (batch * length, 1). */
    static Value drawShown(OperatorGraph graph) {
        return graph.derived("shown", () -> graph.reshape(graph.cast(TextInputs.mask(graph), Elements.FLOAT), -1, 1));
    }

    /** As {@link #hiddenPairs}: (batch, 1, length, length). */
    static Value drawHiddenPairs(OperatorGraph graph) {
        return graph.derived("hidden_pairs", () -> {
            final Value keys = graph.apply("Unsqueeze", padding(graph), graph.wholes(1, 2));
            return graph.apply("Or", keys, graph.apply("Unsqueeze", padding(graph), graph.wholes(1, 3)));
        });
    }

    /** What nothing is lower than; not infinity, of which a row of padding alone would make NaN. */
    static Value lowest(OperatorGraph graph) {
        return graph.number(-Float.MAX_VALUE);
    }

    private static Value padding(OperatorGraph graph) {
        return graph.derived("padding", () -> graph.apply("Equal", TextInputs.mask(graph), graph.whole(0)));
    }

    /** (batch, length, 1): 1 for tokens, 0 for padding; empty where nothing is padded. */
    static Optional<Tensor> shown(Batch batch) {
        if (bias(batch).isEmpty()) {
            return Optional.empty();
        }
        return batch.derived(
                "shown",
                () -> Optional.of(
                        batch.get("attention_mask").to(ScalarType.Float).unsqueeze(2)));
    }

    /**
     * (1, batch, length, length): whether the query or the key is padding; empty where nothing is padded. A token of padding
     * that is shown nothing weighs all alike.
     */
    static Optional<Tensor> hiddenPairs(Batch batch) {
        if (bias(batch).isEmpty()) {
            return Optional.empty();
        }
        return batch.derived("hidden_pairs", () -> {
            final Tensor padding = batch.get("attention_mask").eq(new Scalar(0L));
            return Optional.of(
                    padding.unsqueeze(1).logical_or(padding.unsqueeze(2)).unsqueeze(0));
        });
    }
}
