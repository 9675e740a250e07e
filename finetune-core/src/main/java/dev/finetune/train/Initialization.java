package dev.finetune.train;

import dev.finetune.internal.Records;
import dev.finetune.internal.Told;

/**
 * What of a checkpoint training starts from. Immutable: its methods of one argument give variants.
 *
 * @param randomWeights whether all weights start at random, false by default
 * @param keepHead whether the checkpoint's head is gone on with whatever its outputs were called, false by default
 */
public record Initialization(
        @Told(value = "weights", byDefault = "pretrained", as = "random")
        boolean randomWeights,

        // What training starts from is compared itself.
        @Told(value = "last layer's rows", as = "kept, whatever they were called", quiet = true, identifies = false)
        boolean keepHead) {
    /** The checkpoint's weights, and of its head what has the same name. */
    public static final Initialization DEFAULT = new Initialization(false, false);

    /**
     * Whether to start from random weights instead of the checkpoint's: what is learned without pretraining. Not with an
     * adapter, which belongs to the checkpoint's weights.
     *
     * @param random whether to
     * @return the same with that setting
     */
    public Initialization randomWeights(boolean random) {
        return Records.with(this, "randomWeights", random);
    }

    /**
     * Whether to go on with the checkpoint's (or the adapter's) head row by row, whatever its outputs were called there, so as to
     * give names to a classifier that was saved without. Refused where the model is loaded, if that has no head of the kind and
     * size that is asked for.
     *
     * @param keep whether to
     * @return the same with that setting
     */
    public Initialization keepHead(boolean keep) {
        return Records.with(this, "keepHead", keep);
    }
}
