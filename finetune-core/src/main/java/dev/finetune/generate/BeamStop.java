package dev.finetune.generate;

/**
 * When a beam search ends that has as many finished texts as beams, before the most tokens that it may write; Transformers'
 * {@code early_stopping}.
 */
public enum BeamStop {
    /** At once: {@code true}. */
    WHEN_FULL(true),

    /**
     * When the best unfinished text, at its present length, scores no better than the worst finished one, so that a better one is
     * unlikely: {@code false}, the default.
     */
    WHEN_UNLIKELY_BETTER(false),

    /**
     * When no unfinished text can become better than the worst finished one, at the length, of those to come, that serves it best:
     * {@code "never"}.
     */
    WHEN_NEVER_BETTER("never");

    private final Object inFile;

    BeamStop(Object inFile) {
        this.inFile = inFile;
    }

    /** {@return what {@code early_stopping} is in generation_config.json: true, false or "never"} */
    public Object inFile() {
        return inFile;
    }
}
