package dev.finetune.batch;

/**
 * What collation may depend on besides the rows.
 *
 * @param purpose what the batch is for: augmentation happens in training, masking in training and evaluation
 * @param seed the batch's own seed: equal seeds give equal batches, whatever thread collates them
 */
public record CollateContext(Purpose purpose, long seed) {
    /** What a batch is for. */
    public enum Purpose {
        /** To learn from. */
        TRAINING,
        /** To compare with labels. */
        EVALUATION,
        /** To predict, without labels. */
        PREDICTION
    }

    /**
     * For prediction.
     *
     * @return a context for inputs without labels
     */
    public static CollateContext predicting() {
        return new CollateContext(Purpose.PREDICTION, 0);
    }
}
