package dev.finetune.nn;

import dev.finetune.internal.torch.Tensors;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/**
 * IA3 (Liu et al., "Few-shot parameter-efficient fine-tuning is better and cheaper than in-context learning", 2022), as
 * PEFT computes it: a learned vector multiplies the inputs of a linear layer or a convolution that is feed-forward, the
 * outputs, bias included, of others.
 */
public final class Scaling implements Adapter {
    private final LayerKind kind;
    private final Parameter vector;
    private final boolean ofInputs;

    /**
     * A scaling.
     *
     * @param kind of the layer
     * @param vector of a linear layer (1, in) for inputs, (out, 1) for outputs; of a convolution (1, in, 1, 1) or (1,
     *     out, 1, 1)
     * @param ofInputs whether inputs are multiplied, not outputs
     */
    public Scaling(LayerKind kind, Parameter vector, boolean ofInputs) {
        this.kind = kind;
        this.vector = vector;
        this.ofInputs = ofInputs;
    }

    @Override
    public Tensor forward(Tensor input, AdaptedLayer layer, ForwardContext context) {
        final Tensor factors = layer.perChannel(vector.value().flatten());
        return ofInputs ? layer.plain(input.mul(factors)) : layer.plain(input).mul(factors);
    }

    @Override
    public Tensor merged(Tensor weight) {
        return kind.outputsLast() ? scaled(weight.t()).t().contiguous() : scaled(weight);
    }

    /** Of a weight with its outputs first. */
    private Tensor scaled(Tensor weight) {
        final Tensor factors = vector.value().detach();
        final long[] shape = Tensors.shape(weight);
        if (ofInputs) {
            final long groups = vector.count() / shape[1];
            return weight.detach()
                    .reshape(groups, -1, shape[1], weight.numel() / (shape[0] * shape[1]))
                    .mul(factors.reshape(groups, 1, shape[1], 1))
                    .reshape(shape);
        }
        final long[] perOutput = new long[shape.length];
        Arrays.fill(perOutput, 1);
        perOutput[0] = vector.count();
        return weight.detach().mul(factors.reshape(perOutput));
    }

    @Override
    public boolean changesBias() {
        return !ofInputs;
    }

    @Override
    public Tensor mergedBias(Tensor bias) {
        return bias.detach().mul(vector.value().detach().flatten());
    }

    @Override
    public List<Parameter> parameters() {
        return List.of(vector);
    }
}
