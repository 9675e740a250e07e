package dev.finetune.error;

/**
 * The library's own exception: its message says what was found, what was expected, and how to mend it, in the words of
 * the person who can.
 */
public class FinetuneException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /**
     * Creates an exception with a message for the user.
     *
     * @param message what was found, what was expected, and how to mend it
     */
    public FinetuneException(String message) {
        super(message);
    }

    /**
     * Creates an exception with a message for the user, and what it came from.
     *
     * @param message what was found, what was expected, and how to mend it
     * @param cause what the library below reported
     */
    public FinetuneException(String message, Throwable cause) {
        super(message, cause);
    }

    /** {@return what was found, what was expected, and how to mend it} */
    @Override
    public String getMessage() {
        return String.valueOf(super.getMessage());
    }
}
