package dev.finetune.internal.torch;

import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * A second copy of a matrix W, laid out as oneDNN reads it fastest where it multiplies few rows x: the time of x W^T is that of
 * reading W once then, while OpenBLAS and MKL lay W out anew in each product. On two cores of an AMD EPYC (Zen 4) the matrices of
 * GPT-2 small took 1.7 times less time for one row, 2.7 times for 16 and 2 times for 32; beside OpenBLAS it pays for up to 128
 * rows. Beside MKL one row takes longer with it, and several little less; so it is left to twelve texts and more that are written
 * side by side: prompts and guesses of fewer aren't worth as much memory again. It multiplies up to 192 rows then, such as sixteen texts
 * with guesses: as a product it is no faster for so many, but what follows is computed with it. Laying them out takes as long as some
 * ten products.
 * {@code -Ddev.finetune.weightCopies=false} switches it off.
 */
public final class WeightCopy implements AutoCloseable {
    private static final boolean WANTED = !"false".equals(System.getProperty("dev.finetune.weightCopies"));
    private static final long LEAST_WEIGHTS = 1 << 16;
    private static final long LEAST_TEXTS = Natives.multipliesWithMkl() ? 12 : 1;
    private static final long MOST_ROWS = Natives.multipliesWithMkl() ? 192 : 128;

    /** After so many passes with the same weights and few rows there will be as many more, by all that is known. */
    private static final int PASSES = 16;

    /** The rows that the layout is made for; it is as good for fewer. */
    private static final long ROWS = 16;

    /** What oneDNN computes of each number of a product before it writes it. */
    public enum Then {
        /** The number itself. */
        NOTHING("none", ""),
        /** x Phi(x). */
        GELU("gelu", "none"),
        /** 0.5 x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))). */
        GELU_BY_TANH("gelu", "tanh"),
        /** x sigmoid(x). */
        SILU("swish", "");

        private final String operator;
        private final String algorithm;

        Then(String operator, String algorithm) {
            this.operator = operator;
            this.algorithm = algorithm;
        }
    }

    private final Tensor copy;
    private final long address;
    private final long version;

    private WeightCopy(Tensor copy, Tensor weight) {
        this.copy = copy;
        this.address = weight.data_ptr().address();
        this.version = weight.__dispatch__version();
    }

    /**
     * Whether a copy of a weight is the faster way to multiply so many rows, and no gradient is recorded.
     *
     * @param input (texts, ..., in)
     * @param weight (out, in)
     */
    public static boolean pays(Tensor input, Tensor weight) {
        return WANTED
                && !GradMode.is_enabled()
                && weight.numel() >= LEAST_WEIGHTS
                && input.size(0) >= LEAST_TEXTS
                && input.numel() <= MOST_ROWS * input.size(-1)
                && input.is_cpu()
                && input.scalar_type().intern() == ScalarType.Float
                && weight.scalar_type().intern() == ScalarType.Float
                && torch.hasMKLDNN()
                && !Autocast.isOnForCpu();
    }

    /**
     * Whether a copy is made after so many passes with few rows that didn't need one. MKL has ways of its own where there is none ({@link
     * FewRows}), which come near it.
     */
    public static boolean paysAfter(int passes) {
        return passes >= PASSES && !Natives.multipliesWithMkl();
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
        return linear(input, bias, Then.NOTHING);
    }

    /** {@return f(x W^T + b) for f that is applied number by number, else as {@link #linear(Tensor, Tensor)}} */
    public Tensor linear(Tensor input, @Nullable Tensor bias, Then then) {
        return Boxed.LINEAR_POINTWISE.tensor(input, copy, given(bias), then.operator, Boxed.NO_NUMBERS, then.algorithm);
    }

    /** {@return x W^T + b + other, (..., out), as {@link #linear(Tensor, Tensor)}} */
    public Tensor plus(Tensor other, Tensor input, @Nullable Tensor bias) {
        return Boxed.LINEAR_BINARY.tensor(input, other, copy, given(bias), "add");
    }

    /** {@return (x W^T + b) other, number by number, (..., out), as {@link #linear(Tensor, Tensor)}} */
    public Tensor times(Tensor other, Tensor input, @Nullable Tensor bias) {
        return Boxed.LINEAR_BINARY.tensor(input, other, copy, given(bias), "mul");
    }

    private static Object given(@Nullable Tensor bias) {
        return bias == null ? Boxed.NONE : bias;
    }

    @Override
    public void close() {
        copy.close();
    }
}
