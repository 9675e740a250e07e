package dev.finetune.nn;

import java.util.List;
import org.bytedeco.pytorch.Tensor;

/**
 * IA3 (Liu et al., "Few-shot parameter-efficient fine-tuning is better and cheaper than in-context learning", 2022), as
 * PEFT computes it: a learned vector multiplies the inputs of a linear layer that is feed-forward, the outputs of others.
 */
public final class Scaling implements Adapter {
    private final Parameter vector;
    private final boolean ofInputs;

    /**
     * A scaling.
     *
     * @param vector (1, in) for inputs, (out, 1) for outputs
     * @param ofInputs whether inputs are multiplied, not outputs
     */
    public Scaling(Parameter vector, boolean ofInputs) {
        this.vector = vector;
        this.ofInputs = ofInputs;
    }

    @Override
    public Tensor forward(Tensor input, AdaptedLayer layer, ForwardContext context) {
        final Tensor flat = vector.value().flatten();
        return ofInputs ? layer.plain(input.mul(flat)) : layer.plain(input).mul(flat);
    }

    @Override
    public Tensor merged(Tensor value) {
        final Tensor factors = vector.value().detach();
        return value.detach().mul(value.dim() == 1 ? factors.flatten() : factors);
    }

    @Override
    public List<Parameter> parameters() {
        return List.of(vector);
    }
}
