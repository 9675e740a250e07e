package dev.finetune.internal.torch;

import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * A second copy of a matrix W, laid out as oneDNN reads it fastest where it multiplies few rows x: the time of x W^T is that of
 * reading W once then, while OpenBLAS and MKL lay W out anew in each product. On two cores of an AMD EPYC (Zen 4) the matrices of
 * GPT-2 small took 1.7 times less time for one row, 2.7 times for 16 and 2 times for 32; laying them out takes as long as some ten
 * products. {@code -Ddev.finetune.weightCopies=false} switches it off.
 */
public final class WeightCopy implements AutoCloseable {
    private static final boolean WANTED = !"false".equals(System.getProperty("dev.finetune.weightCopies"));
    private static final long LEAST_WEIGHTS = 1 << 16;
    private static final long MOST_ROWS = 32;

    /** The rows that the layout is made for; it is as good for fewer. */
    private static final long ROWS = 16;

    private final Tensor copy;
    private final long outputs;
    private final long address;
    private final long version;

    private WeightCopy(Tensor copy, Tensor weight) {
        this.copy = copy;
        this.outputs = weight.size(0);
        this.address = weight.data_ptr().address();
        this.version = weight.__dispatch__version();
    }

    /**
     * Whether a copy of a weight is the faster way to multiply so many rows, and no gradient is recorded.
     *
     * @param input (..., in)
     * @param weight (out, in)
     */
    public static boolean pays(Tensor input, Tensor weight) {
        return WANTED
                && !GradMode.is_enabled()
                && weight.numel() >= LEAST_WEIGHTS
                && input.numel() <= MOST_ROWS * input.size(-1)
                && input.is_cpu()
                && input.scalar_type().intern() == ScalarType.Float
                && weight.scalar_type().intern() == ScalarType.Float
                && torch.hasMKLDNN()
                && !Autocast.isOnForCpu();
    }

    /**
     * Lays out a copy, if there is memory for it.
     *
     * @param weight (out, in)
     * @return the copy, or null where the process may not take so much more memory
     */
    public static @Nullable WeightCopy of(Tensor weight) {
        if (!MemoryLimit.allows(2 * Float.BYTES * weight.numel())) {
            return null;
        }
        try (TensorScope scope = TensorScope.open()) {
            final Tensor plain = weight.detach().contiguous();
            return new WeightCopy(Tensors.own(Boxed.REORDER_LINEAR_WEIGHT.tensor(plain, ROWS)), weight);
        }
    }

    /** Whether it is still the copy of this weight, as it is now. */
    public boolean isOf(Tensor weight) {
        return weight.data_ptr().address() == address && weight.__dispatch__version() == version;
    }

    /** {@return x W^T + b, (..., out), for x of shape (..., in) and b of shape (out), in the current scope} */
    public Tensor linear(Tensor input, @Nullable Tensor bias) {
        try (TensorScope scope = TensorScope.open()) {
            final long[] shape = Tensors.shape(input);
            final Tensor rows = input.reshape(-1, shape[shape.length - 1]);
            shape[shape.length - 1] = outputs;
            return scope.keep(Boxed.LINEAR_POINTWISE
                    .tensor(rows, copy, bias == null ? Boxed.NONE : bias.detach(), "none", Boxed.NO_NUMBERS, "")
                    .view(shape));
        }
    }

    @Override
    public void close() {
        copy.close();
    }
}
