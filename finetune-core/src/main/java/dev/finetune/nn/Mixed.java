package dev.finetune.nn;

import dev.finetune.internal.torch.Autocast;
import dev.finetune.internal.torch.CustomGradients;
import dev.finetune.internal.torch.GradientMode;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * Products of 32-bit floats with weights that are kept in bfloat16: computed in bfloat16, as autocast does, given as floats; and
 * layers whose input is in bfloat16, which give bfloat16.
 */
final class Mixed {
    private Mixed() {}

    static boolean isHalf(Tensor tensor) {
        return tensor.scalar_type().intern() == ScalarType.BFloat16;
    }

    /** Whether the weight is in 16 bits and the input isn't, and nothing else turns one into the other. */
    static boolean differ(Tensor input, Tensor weight) {
        return isHalf(weight) && input.scalar_type().intern() == ScalarType.Float && !Autocast.isOnFor(input);
    }

    /** x W^T + b in the type of x, floats or bfloat16, in the current scope; b is floats. */
    static Tensor linear(Tensor input, Tensor weight, @Nullable Tensor bias) {
        final ScalarType type = input.scalar_type();
        final Tensor product = torch.linear(input.to(ScalarType.BFloat16), weight);
        return bias == null
                ? product.to(type)
                : product.to(ScalarType.Float).add(bias).to(type);
    }

    /** x W^T in floats, in the current scope, of an x in bfloat16, of which no copy in floats is kept for backward. */
    static Tensor widened(Tensor input, Tensor weight) {
        if (!CustomGradients.payFor(input)) {
            return torch.linear(input.to(ScalarType.Float), weight);
        }
        try (TensorScope scope = TensorScope.open()) {
            final Tensor value;
            try (GradientMode off = GradientMode.off()) {
                value = torch.linear(input.to(ScalarType.Float), weight);
            }
            final List<Tensor> both = List.of(input, weight);
            return scope.keep(CustomGradients.output(value, both, both, (gradient, kept, gradients) -> {
                final Tensor x = kept.get(0);
                final Tensor w = kept.get(1);
                final Tensor rows = gradient.reshape(-1, w.size(0));
                if (gradients.wanted(0)) {
                    gradients.set(0, rows.mm(w).view(Tensors.shape(x)).to(ScalarType.BFloat16));
                }
                if (gradients.wanted(1)) {
                    gradients.set(1, rows.t().mm(x.reshape(-1, w.size(1)).to(ScalarType.Float)));
                }
            }));
        }
    }

    /** The tensor itself, or in 32 bits. */
    static Tensor asFloats(Tensor tensor) {
        return isHalf(tensor) ? tensor.to(ScalarType.Float) : tensor;
    }
}
