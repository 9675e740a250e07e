package dev.finetune.error;

/**
 * Native memory, or a GPU's, ran out: the message says in which step, or over which rows, on a batch of what shape, how much
 * was asked for, and what helps. What the failed run held is freed, and the process can go on: with smaller batches, say.
 *
 * <p>Memory of the Java heap that runs out stays the {@link OutOfMemoryError} that it is.
 */
public final class OutOfMemoryException extends FinetuneException {
    private static final long serialVersionUID = 1L;

    /**
     * Creates an exception with a message for the user.
     *
     * @param message what was found, what was expected, and how to mend it
     * @param cause what LibTorch, or JavaCPP, threw
     */
    public OutOfMemoryException(String message, Throwable cause) {
        super(message, cause);
    }
}
