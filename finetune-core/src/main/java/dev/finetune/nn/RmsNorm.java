package dev.finetune.nn;

import dev.finetune.internal.torch.Autocast;
import dev.finetune.internal.torch.CustomGradients;
import dev.finetune.internal.torch.GradientMode;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import java.util.List;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/** x / sqrt(mean of x^2 + eps) * weight over the last dimension (Zhang and Sennrich, 2019); computed in floats. */
public final class RmsNorm implements Module {
    private static final long[] LAST = {-1};

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
     * @param input (..., size), floats or bfloat16
     * @return a tensor of the same shape and type, in the current scope
     */
    public Tensor forward(Tensor input) {
        final Tensor factor = aroundOne ? weight.value().add(new Scalar(1f)) : weight.value();
        if (!Mixed.isHalf(input) || Mixed.isHalf(factor) || Autocast.isOnFor(input)) {
            return normed(input, factor);
        }
        return CustomGradients.payFor(input)
                ? keepingHalf(input, factor)
                : normed(input.to(ScalarType.Float), factor).to(ScalarType.BFloat16);
    }

    private Tensor normed(Tensor input, Tensor factor) {
        return torch.rms_norm(input, new long[] {size}, new TensorOptional(factor), new DoubleOptional(eps));
    }

    /** Of an input in bfloat16, of which backward needs no copy in floats. */
    private Tensor keepingHalf(Tensor input, Tensor factor) {
        try (TensorScope scope = TensorScope.open()) {
            final Tensor value;
            try (GradientMode off = GradientMode.off()) {
                final Tensor from = rows(input);
                final Tensor to = torch.empty_like(from);
                value = to.view(Tensors.shape(input));
                RowPieces.each(
                        from.size(0),
                        size,
                        (first, count) -> to.narrow(0, first, count)
                                .copy_(normed(from.narrow(0, first, count).to(ScalarType.Float), factor)));
            }
            final List<Tensor> both = List.of(input, factor);
            return scope.keep(CustomGradients.output(value, both, both, this::gradients));
        }
    }

    /** With r = 1 / sqrt(mean of x^2 + eps) and h = g * weight: r (h - x r^2 mean of h x), and of the weight the sum of g x r. */
    private void gradients(Tensor gradient, List<Tensor> kept, CustomGradients.Gradients gradients) {
        try (TensorScope scope = TensorScope.open()) {
            final Tensor factor = kept.get(1);
            final Tensor inputs = rows(kept.get(0));
            final Tensor given = rows(gradient);
            final @Nullable Tensor ofInputs = gradients.wanted(0) ? torch.empty_like(inputs) : null;
            final @Nullable Tensor ofFactor = gradients.wanted(1) ? torch.zeros_like(factor) : null;
            RowPieces.each(inputs.size(0), size, (first, count) -> {
                final Tensor x = inputs.narrow(0, first, count).to(ScalarType.Float);
                final Tensor g = given.narrow(0, first, count).to(ScalarType.Float);
                final Tensor r = mean(x.square()).add_(new Scalar(eps)).rsqrt_();
                final Tensor unit = x.mul(r);
                if (ofFactor != null) {
                    ofFactor.add_(g.mul(unit).sum(0));
                }
                if (ofInputs != null) {
                    final Tensor h = g.mul(factor);
                    final Tensor along = mean(h.mul(unit));
                    ofInputs.narrow(0, first, count)
                            .copy_(h.sub_(unit.mul_(along)).mul_(r));
                }
            });
            if (ofInputs != null) {
                gradients.set(0, ofInputs.view(Tensors.shape(kept.get(0))));
            }
            if (ofFactor != null) {
                gradients.set(1, ofFactor);
            }
        }
    }

    private Tensor rows(Tensor input) {
        return input.contiguous().view(-1, size);
    }

    private static Tensor mean(Tensor rows) {
        return rows.mean(LAST, true, new ScalarTypeOptional());
    }

    @Override
    public List<Parameter> parameters() {
        return List.of(weight);
    }
}
