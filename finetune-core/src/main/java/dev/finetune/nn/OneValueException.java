package dev.finetune.nn;

import dev.finetune.error.FinetuneException;

/** A batch norm that trains was given one value for each channel: the variance of one value isn't defined. */
public final class OneValueException extends FinetuneException {
    private static final long serialVersionUID = 1L;

    /**
     * Says what to do about it.
     *
     * @param weight the name of the batch norm's weight
     */
    OneValueException(String weight) {
        super("The batch norm of " + weight
                + " can't train on this batch: it would normalise each channel over a single value"
                + " (one row, of 1 x 1 here), whose variance isn't defined. Give it batches of two rows and more, or larger"
                + " pictures, or freeze(Freeze.batchNorms()).");
    }
}
