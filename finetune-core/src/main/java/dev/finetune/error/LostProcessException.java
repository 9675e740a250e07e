package dev.finetune.error;

/**
 * One of several processes that train together was lost: it was killed or crashed, its machine failed, it hangs, or the network
 * between is gone. Nothing is wrong with settings or data: begun again, in all processes, from the last checkpoint if there is one,
 * the training comes to the same weights.
 */
public final class LostProcessException extends FinetuneException {
    private static final long serialVersionUID = 1L;

    /**
     * Creates an exception with a message for the user.
     *
     * @param message which process was lost, how that was noticed, and what to do
     */
    public LostProcessException(String message) {
        super(message);
    }

    /**
     * Creates an exception with a message for the user, and what it came from.
     *
     * @param message which process was lost, how that was noticed, and what to do
     * @param cause what went wrong without that process
     */
    public LostProcessException(String message, Throwable cause) {
        super(message, cause);
    }
}
