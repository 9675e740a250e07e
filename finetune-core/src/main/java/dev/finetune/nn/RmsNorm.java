package dev.finetune.nn;

import java.util.List;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/** x / sqrt(mean of x^2 + eps) * weight over the last dimension (Zhang and Sennrich, 2019). */
public final class RmsNorm implements Module {
    private final Parameter weight;
    private final long size;
    private final double eps;

    /**
     * Takes {@code weight} (size) from a source.
     *
     * @param source where the parameter comes from, by its name
     * @param size of the last dimension
     * @param eps added to the mean of squares
     */
    public RmsNorm(ParameterSource source, long size, double eps) {
        this.weight = source.take("weight", Init.ONES, size);
        this.size = size;
        this.eps = eps;
    }

    /**
     * Normalises the last dimension.
     *
     * @param input (..., size)
     * @return a tensor of the same shape, in the current scope
     */
    public Tensor forward(Tensor input) {
        return torch.rms_norm(input, new long[] {size}, new TensorOptional(weight.value()), new DoubleOptional(eps));
    }

    @Override
    public List<Parameter> parameters() {
        return List.of(weight);
    }
}
