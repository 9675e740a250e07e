package dev.finetune.internal.torch;

import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * The product of a few rows x and a large matrix W. MKL has other kernels for W x^T than for x W^T, some of which don't copy
 * W first; they take up to two fifths less time, the turn of the small result included, from five rows on where W has more than
 * a million numbers, else from sixteen, and up to forty-eight; for fewer and for more rows they take longer. {@code
 * -Ddev.finetune.fewRows=false} switches it off.
 */
public final class FewRows {
    private static final boolean WANTED =
            Natives.multipliesWithMkl() && !"false".equals(System.getProperty("dev.finetune.fewRows"));
    private static final long LEAST_WEIGHTS = 1 << 18;
    private static final long LEAST_ROWS = 16;
    private static final long MANY_WEIGHTS = 1 << 20;
    private static final long LEAST_ROWS_OF_MANY = 5;
    private static final long MOST_ROWS = 48;

    private FewRows() {}

    /** Whether {@link #linear} is the faster way, and no gradient is recorded. */
    public static boolean pay(Tensor input, Tensor weight) {
        if (!WANTED || GradMode.is_enabled() || weight.numel() < LEAST_WEIGHTS) {
            return false;
        }
        final long rows = input.numel() / weight.size(1);
        return rows >= (weight.numel() < MANY_WEIGHTS ? LEAST_ROWS : LEAST_ROWS_OF_MANY)
                && rows <= MOST_ROWS
                && input.is_cpu()
                && input.scalar_type().intern() == ScalarType.Float
                && weight.scalar_type().intern() == ScalarType.Float
                && !Autocast.isOnForCpu();
    }

    /** x W^T + b, or x W^T, for x of shape (..., in), W of shape (out, in) and b of shape (out), in the current scope. */
    public static Tensor linear(Tensor input, Tensor weight, @Nullable Tensor bias) {
        try (TensorScope scope = TensorScope.open()) {
            final long[] shape = Tensors.shape(input);
            shape[shape.length - 1] = weight.size(0);
            final Tensor rows = input.reshape(-1, weight.size(1));
            final Tensor turned = weight.mm(rows.t());
            if (bias == null) {
                return scope.keep(turned.t().contiguous().view(shape));
            }
            final Tensor result = torch.empty(new long[] {rows.size(0), weight.size(0)});
            torch.add_out(result, turned.t(), bias, new Scalar(1));
            return scope.keep(result.view(shape));
        }
    }
}
