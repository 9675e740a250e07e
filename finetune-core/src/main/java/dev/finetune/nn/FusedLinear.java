package dev.finetune.nn;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * Linear layers that take the same input, as those of queries, keys and values do. Where their weights lie side by side ({@link
 * HalfPrecisionWeights}) they are one product; otherwise each is its own, as on a CPU, where one product of all was no faster.
 */
public final class FusedLinear {
    private final List<Linear> layers;
    private @Nullable Tensor weight;
    private @Nullable Tensor bias;

    /**
     * Layers of one input width (borrowed).
     *
     * @param layers in the order of their outputs
     */
    public FusedLinear(Linear... layers) {
        this.layers = List.of(layers);
    }

    /**
     * {@return what each layer gives for an input (..., in), in order: (..., out)}
     *
     * @param input what all of them read (borrowed)
     * @param context of this pass: whether it trains, and what dropout draws from
     */
    public List<Tensor> forward(Tensor input, ForwardContext context) {
        if (weight == null || bias == null) {
            return layers.stream().map(layer -> layer.forward(input, context)).toList();
        }
        final Tensor together = torch.linear(input, weight, new TensorOptional(bias));
        final long[] widths =
                weights().stream().mapToLong(parameter -> parameter.shape()[0]).toArray();
        final TensorVector parts = torch.split_with_sizes(together, widths, -1);
        final List<Tensor> outputs = new ArrayList<>();
        for (int i = 0; i < widths.length; i++) {
            outputs.add(new Tensor(parts.get(i)));
        }
        return outputs;
    }

    boolean isAdapted() {
        return layers.stream().anyMatch(Linear::isAdapted);
    }

    List<Parameter> weights() {
        return layers.stream().map(Linear::weightParameter).toList();
    }

    List<Parameter> biases() {
        return layers.stream().flatMap(layer -> layer.biasParameter().stream()).toList();
    }

    /** Takes all weights in one (borrowed), or, given null, those of the layers again. */
    void takeWeight(@Nullable Tensor together) {
        weight = together;
    }

    /** Takes all biases in one (borrowed), or, given null, those of the layers again. */
    void takeBias(@Nullable Tensor together) {
        bias = together;
    }
}
