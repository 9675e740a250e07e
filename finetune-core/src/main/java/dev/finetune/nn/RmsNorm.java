package dev.finetune.nn;

import java.util.List;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/** x / sqrt(mean of x^2 + eps) * weight over the last dimension (Zhang and Sennrich, 2019). */
public final class RmsNorm implements Module {
    private final Parameter weight;
    private final long size;
    private final double eps;
    private final boolean aroundOne;

    /**
     * Takes {@code weight} (size) from a source.
     *
     * @param source where the parameter comes from, by its name
     * @param size of the last dimension
     * @param eps added to the mean of squares
     */
    public RmsNorm(ParameterSource source, long size, double eps) {
        this(source.take("weight", Init.ONES, size), size, eps, false);
    }

    private RmsNorm(Parameter weight, long size, double eps, boolean aroundOne) {
        this.weight = weight;
        this.size = size;
        this.eps = eps;
        this.aroundOne = aroundOne;
    }

    /**
     * {@return a norm whose weight is stored as what it differs from one by, as Gemma has it: x / sqrt(mean of x^2 + eps) * (1 + weight)}
     *
     * @param source where the parameter comes from, by its name
     * @param size of the last dimension
     * @param eps added to the mean of squares
     */
    public static RmsNorm aroundOne(ParameterSource source, long size, double eps) {
        return new RmsNorm(source.take("weight", Init.ZEROS, size), size, eps, true);
    }

    /**
     * Normalises the last dimension.
     *
     * @param input (..., size)
     * @return a tensor of the same shape, in the current scope
     */
    public Tensor forward(Tensor input) {
        final Tensor factor = aroundOne ? weight.value().add(new Scalar(1f)) : weight.value();
        return torch.rms_norm(input, new long[] {size}, new TensorOptional(factor), new DoubleOptional(eps));
    }

    @Override
    public List<Parameter> parameters() {
        return List.of(weight);
    }
}
