package dev.finetune.error;

/**
 * Training went astray: a loss, or what a model gives, is no longer a finite number. A lower learning rate usually helps,
 * so a search goes on with other settings.
 */
public final class DivergedException extends FinetuneException {
    private static final long serialVersionUID = 1L;

    /**
     * Creates an exception with a message for the user.
     *
     * @param message what was found, what was expected, and how to mend it
     */
    public DivergedException(String message) {
        super(message);
    }
}
