package dev.finetune.nn;

/** How a parameter that no checkpoint holds starts. */
public sealed interface Init {
    /**
     * Normal with mean 0.
     *
     * @param std the standard deviation, at least 0
     */
    record Normal(double std) implements Init {}

    /**
     * Normal with mean 0, of which what is too far out is drawn again (PyTorch's {@code trunc_normal_}): narrower than the
     * standard deviation says.
     *
     * @param std the standard deviation of the normal distribution that is cut, at least 0
     * @param cutoff how many of these are too far out, above 0
     */
    record TruncatedNormal(double std, double cutoff) implements Init {}

    /**
     * All the same value.
     *
     * @param value any number
     */
    record Constant(double value) implements Init {}

    /**
     * Uniform between -bound and bound.
     *
     * @param bound at least 0
     */
    record Uniform(double bound) implements Init {}

    /** All zeros. */
    Init ZEROS = new Constant(0);

    /** All ones. */
    Init ONES = new Constant(1);

    /**
     * Normal with mean 0 and the given standard deviation.
     *
     * @param std at least 0
     * @return numbers drawn from the normal distribution with mean 0 and the given standard deviation
     */
    static Init normal(double std) {
        return new Normal(std);
    }
}
