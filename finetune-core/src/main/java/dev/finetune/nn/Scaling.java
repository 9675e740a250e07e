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
    private final Parameter vector;
    private final boolean ofInputs;

    /**
     * A scaling.
     *
     * @param vector of a linear layer (1, in) for inputs, (out, 1) for outputs; of a convolution (1, in, 1, 1) or (1,
     *     out, 1, 1)
     * @param ofInputs whether inputs are multiplied, not outputs
     */
    public Scaling(Parameter vector, boolean ofInputs) {
        this.vector = vector;
        this.ofInputs = ofInputs;
    }

    @Override
    public Tensor forward(Tensor input, AdaptedLayer layer, ForwardContext context) {
        final Tensor factors = layer.perChannel(vector.value().flatten());
        return ofInputs ? layer.plain(input.mul(factors)) : layer.plain(input).mul(factors);
    }

    @Override
    public Tensor merged(Tensor value) {
        final Tensor factors = vector.value().detach();
        if (ofInputs) {
            final long[] shape = Tensors.shape(value);
            final long groups = vector.count() / shape[1];
            return value.detach()
                    .reshape(groups, -1, shape[1], value.numel() / (shape[0] * shape[1]))
                    .mul(factors.reshape(groups, 1, shape[1], 1))
                    .reshape(shape);
        }
        final long[] perOutput = new long[Math.toIntExact(value.dim())];
        Arrays.fill(perOutput, 1);
        perOutput[0] = vector.count();
        return value.detach().mul(factors.reshape(perOutput));
    }

    @Override
    public List<Parameter> parameters() {
        return List.of(vector);
    }
}
