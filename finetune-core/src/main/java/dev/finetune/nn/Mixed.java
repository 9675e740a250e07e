package dev.finetune.nn;

import dev.finetune.internal.torch.Autocast;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/** Products of 32-bit floats with weights that are kept in bfloat16: computed in bfloat16, as autocast does, given as floats. */
final class Mixed {
    private Mixed() {}

    /** Whether the weight is in 16 bits and the input isn't, and nothing else turns one into the other. */
    static boolean differ(Tensor input, Tensor weight) {
        return weight.scalar_type().intern() == ScalarType.BFloat16
                && input.scalar_type().intern() == ScalarType.Float
                && !Autocast.isOnFor(input);
    }

    /** x W^T + b in the current scope. */
    static Tensor linear(Tensor input, Tensor weight, @Nullable Tensor bias) {
        final Tensor product =
                torch.linear(input.to(ScalarType.BFloat16), weight).to(ScalarType.Float);
        return bias == null ? product : product.add(bias);
    }

    /** The weight itself, or in 32 bits. */
    static Tensor asFloats(Tensor weight) {
        return weight.scalar_type().intern() == ScalarType.BFloat16 ? weight.to(ScalarType.Float) : weight;
    }
}
