package dev.finetune.nn;

/**
 * What a layer does with its weight, for those who adapt it: its own description, so that layers from anywhere can be
 * adapted. A weight has two axes, or more where it convolves.
 */
public interface LayerKind {
    /** {@return whether PEFT's "all-linear" counts it: a linear layer that isn't a language model's output} */
    default boolean isLinear() {
        return false;
    }

    /** {@return whether its inputs are indices, of which there is nothing to drop or to multiply} */
    default boolean looksUp() {
        return false;
    }

    /** {@return whether the weight's last axis, not its first, is that of the outputs: (in, out)} */
    default boolean outputsLast() {
        return false;
    }

    /** {@return into how many groups the inputs and outputs are divided} */
    default long groups() {
        return 1;
    }

    /** Multiplies: the weight is (out, in). */
    record Linear() implements LayerKind {
        @Override
        public boolean isLinear() {
            return true;
        }
    }

    /** Multiplies, as {@link Linear}, and gives a language model's words. */
    record Output() implements LayerKind {}

    /** Multiplies, as {@link Linear}, by a weight that is stored as (in, out): what GPT-2 calls Conv1D. */
    record Conv1D() implements LayerKind {
        @Override
        public boolean isLinear() {
            return true;
        }

        @Override
        public boolean outputsLast() {
            return true;
        }
    }

    /**
     * Convolves: the weight is (out, in / groups, height, width).
     *
     * @param groups into which the channels are divided
     */
    record Convolution(long groups) implements LayerKind {}

    /** Looks rows up: the weight is (rows, width). */
    record Embedding() implements LayerKind {
        @Override
        public boolean looksUp() {
            return true;
        }

        @Override
        public boolean outputsLast() {
            return true;
        }
    }
}
