package dev.finetune.batch;

/** A label as numbers: what the loss compares the output with. */
public interface Target {
    /** The index that losses and metrics leave out (as in PyTorch). */
    int IGNORED = -100;

    /**
     * The index of one class.
     *
     * @param index from 0, or {@link #IGNORED}
     */
    record Index(int index) implements Target {}

    /**
     * One number per output: 0/1 (multi-label), a probability per class (soft labels), or regression values.
     *
     * @param values one an output
     */
    record Vector(float[] values) implements Target {}

    /**
     * One class index per position of the encoded input, {@link #IGNORED} where there is none.
     *
     * @param indices one a position
     */
    record Sequence(int[] indices) implements Target {}

    /**
     * First and last position of an answer, both inclusive; 0, 0 where the window does not hold it.
     *
     * @param start the position of the first token
     * @param end the position of the last token
     */
    record Span(int start, int end) implements Target {}

    /** Nothing to compare with. */
    record None() implements Target {}
}
