package dev.finetune.internal.torch;

import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The product of a few rows and a large matrix. MKL copies the larger operand of x W^T, the weight, before it multiplies,
 * whatever there is to multiply it with; of W x^T it copies the rows. For some ten to forty rows the latter takes a fifth
 * less time, the turn of the small result included; for fewer and for more it takes longer.
 */
public final class FewRows {
    private static final long LEAST_ROWS = 8;
    private static final long MOST_ROWS = 40;
    private static final long LEAST_WEIGHTS = 1 << 18;

    private FewRows() {}

    /** Whether {@link #linear} is the faster way, and no gradient is recorded. */
    public static boolean pay(Tensor input, Tensor weight) {
        if (GradMode.is_enabled() || !Natives.multipliesWithMkl() || weight.numel() < LEAST_WEIGHTS) {
            return false;
        }
        final long rows = input.numel() / weight.size(1);
        return rows >= LEAST_ROWS
                && rows <= MOST_ROWS
                && input.is_cpu()
                && input.scalar_type().intern() == ScalarType.Float
                && weight.scalar_type().intern() == ScalarType.Float;
    }

    /** x W^T + b for x of shape (..., in), W of shape (out, in) and b of shape (out), in the current scope. */
    public static Tensor linear(Tensor input, Tensor weight, Tensor bias) {
        try (TensorScope scope = TensorScope.open()) {
            final long[] shape = Tensors.shape(input);
            shape[shape.length - 1] = weight.size(0);
            final Tensor rows = input.reshape(-1, weight.size(1));
            final Tensor turned = weight.mm(rows.t());
            final Tensor result = torch.empty(new long[] {rows.size(0), weight.size(0)});
            torch.add_out(result, turned.t(), bias, new Scalar(1));
            return scope.keep(result.view(shape));
        }
    }
}
