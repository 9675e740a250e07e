package dev.finetune.internal;

import org.jspecify.annotations.Nullable;

/** What was thrown in one thread, or at one time, and is to be thrown in another. */
public final class Failures {
    private Failures() {}

    /**
     * Throws it as it is; nothing happens if there is none.
     *
     * @param thrown a RuntimeException or an Error
     */
    public static void rethrow(@Nullable Throwable thrown) {
        if (thrown instanceof Error error) {
            throw error;
        }
        if (thrown != null) {
            throw (RuntimeException) thrown;
        }
    }
}
