package dev.finetune.train;

import dev.finetune.error.FinetuneException;

/**
 * Rows of a training batch, and what happens where memory doesn't suffice for them at once.
 *
 * @param rows at least 1
 * @param inParts whether a batch that memory doesn't suffice for is computed in parts, whose gradients are added up; else
 *     training ends with an {@link dev.finetune.error.OutOfMemoryException}
 */
public record BatchSize(int rows, boolean inParts) {
    /** As many as the Transformers Trainer takes. */
    static final int USUAL = 8;

    /**
     * Checks the number.
     *
     * @throws FinetuneException if it isn't above 0
     */
    public BatchSize {
        if (rows < 1) {
            throw new FinetuneException("batchSize must be above 0, but is " + rows + ".");
        }
    }

    /**
     * {@return so many rows at once, always}
     *
     * @param rows at least 1
     */
    public static BatchSize of(int rows) {
        return new BatchSize(rows, false);
    }

    /** {@return 8 rows, as many of them at once as memory suffices for} See {@link #auto(int)}. */
    public static BatchSize auto() {
        return auto(USUAL);
    }

    /**
     * Batches of so many rows, of which as many are computed at once as memory suffices for: all of them, and where that fails
     * half of them, a quarter and so on, until it does; longer rows count for more. The gradients of the parts are added up,
     * so that a step is the same as that of the whole batch, but for rounding and the drawing of dropout. Batch norms that
     * train are an exception, as with {@code accumulate(...)}: they take each part's own mean and variance.
     *
     * @param rows of a batch as a whole, at least 1
     * @return the setting
     */
    public static BatchSize auto(int rows) {
        return new BatchSize(rows, true);
    }

    @Override
    public String toString() {
        return inParts ? rows + ", in parts where memory doesn't suffice" : Integer.toString(rows);
    }
}
