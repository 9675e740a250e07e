package dev.finetune.nn;

import dev.finetune.internal.torch.GradientMode;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * A matrix in whole numbers from -127 to 127, each row with a scale of its own: q = round(127 w / a), half to even, where a is
 * the row's largest absolute number, and w is q a / 127. As the weights of LLM.int8() are (Dettmers et al., "LLM.int8(): 8-bit
 * matrix multiplication for transformers at scale", 2022), without the split of outliers: inputs aren't rounded to 8 bits.
 */
public final class Int8Weight implements PackedWeight {
    private static final int LARGEST = 127;

    private final Tensor codes;
    private final Tensor scales;

    private Int8Weight(Tensor codes, Tensor scales) {
        this.codes = codes;
        this.scales = scales;
    }

    /**
     * Packs a matrix.
     *
     * @param matrix (out, in) of floats of any type, on the CPU (borrowed)
     * @return the packed matrix, to be closed by the caller
     */
    public static Int8Weight of(Tensor matrix) {
        try (TensorScope scope = TensorScope.open();
                GradientMode off = GradientMode.off()) {
            final Tensor floats = matrix.detach().to(ScalarType.Float);
            final Tensor largest = floats.abs().amax(new long[] {1}, true);
            final Tensor factors = largest.reciprocal()
                    .mul_(new Scalar(LARGEST))
                    .masked_fill_(largest.eq(new Scalar(0)), new Scalar(0));
            final Tensor codes = floats.mul(factors).round_().to(ScalarType.Char);
            return new Int8Weight(
                    Tensors.own(codes), Tensors.own(largest.flatten().div(new Scalar(LARGEST))));
        }
    }

    @Override
    public long[] shape() {
        return Tensors.shape(codes);
    }

    @Override
    public String format() {
        return "8 bits (int8)";
    }

    /** Exact in 16 bits, too. */
    @Override
    public void unpack(Tensor into) {
        into.copy_(codes);
    }

    @Override
    public Optional<Tensor> outputScales() {
        return Optional.of(scales);
    }

    @Override
    public List<Tensor> tensors() {
        return List.of(codes, scales);
    }
}
