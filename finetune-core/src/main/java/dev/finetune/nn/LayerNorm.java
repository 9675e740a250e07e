package dev.finetune.nn;

import dev.finetune.internal.torch.OneCore;
import dev.finetune.nn.OperatorGraph.Value;
import java.util.List;
import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/** (x - mean) / sqrt(variance + eps) * weight + bias over the last dimension (Ba, Kiros and Hinton, 2016). */
public final class LayerNorm implements Module {
    private static final long LITTLE = 1 << 15;

    private final Parameter weight;
    private final @Nullable Parameter bias;
    private final long size;
    private final double eps;

    /**
     * Takes {@code weight} and {@code bias}, each of shape (size), from a source.
     *
     * @param source where the parameters come from, by their names
     * @param size of the last dimension
     * @param eps added to the variance
     */
    public LayerNorm(ParameterSource source, long size, double eps) {
        this(source, size, eps, true);
    }

    /**
     * Takes {@code weight} and, where there is one, {@code bias}, each of shape (size), from a source.
     *
     * @param source where the parameters come from, by their names
     * @param size of the last dimension
     * @param eps added to the variance
     * @param biased whether a bias is added
     */
    public LayerNorm(ParameterSource source, long size, double eps, boolean biased) {
        this.weight = source.take("weight", Init.ONES, size);
        this.bias = biased ? source.take("bias", Init.ZEROS, size) : null;
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
        return isLittle(input) ? OneCore.little(() -> normed(input)) : normed(input);
    }

    /** Whether LibTorch, which shares rows out however few they are, would take longer to wake a thread for some than to norm all. */
    private boolean isLittle(Tensor input) {
        final long numbers = input.numel();
        return numbers > size && numbers <= LITTLE && !GradMode.is_enabled() && input.is_cpu();
    }

    private Tensor normed(Tensor input) {
        return torch.layer_norm(
                input,
                new long[] {size},
                new TensorOptional(weight.value()),
                bias == null ? new TensorOptional() : new TensorOptional(bias.value()),
                eps,
                false);
    }

    /**
     * Draws the layer.
     *
     * @param graph where
     * @param input (..., size)
     * @return of the same shape
     */
    public Value draw(OperatorGraph graph, Value input) {
        final OperatorGraph.Operator norm = bias == null
                ? graph.operator("LayerNormalization", input, graph.of(weight))
                : graph.operator("LayerNormalization", input, graph.of(weight), graph.of(bias));
        return norm.set("axis", -1).set("epsilon", eps).value();
    }

    @Override
    public List<Parameter> parameters() {
        return bias == null ? List.of(weight) : List.of(weight, bias);
    }
}
