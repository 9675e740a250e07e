package dev.finetune.train;

import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Asks a training run, from any thread, to stop after the step under way; what it learned so far is kept. Interrupting the
 * thread that trains asks the same of it, and leaves it interrupted.
 */
public final class Cancellation {
    private final AtomicBoolean requested = new AtomicBoolean();

    /** Asks to stop. */
    public void cancel() {
        requested.set(true);
    }

    /** {@return whether someone asked to stop} */
    public boolean isRequested() {
        return requested.get();
    }

    /** {@return whether someone asked to stop, or interrupted the thread that asks this} */
    public boolean isRequestedHere() {
        return isRequested() || Thread.currentThread().isInterrupted();
    }
}
