package dev.finetune.internal.torch;

import org.jspecify.annotations.Nullable;

/**
 * Records what a device is told to compute, so that it can be told again all at once, with other numbers in the same tensors.
 * What was recorded must read nothing but those, and change nothing but tensors.
 */
public interface Recorder extends AutoCloseable {
    /**
     * Records, without computing anything.
     *
     * @throws RuntimeException what the work threw; nothing is recorded then
     */
    Recording record(Runnable work);

    @Override
    void close();

    /** Does work that is being recorded: until it is done, this thread may do nothing that is {@link #refuse refused}. */
    static void doUnderway(Runnable work) {
        Underway.RECORDS.set(true);
        try {
            work.run();
        } finally {
            Underway.RECORDS.remove();
        }
    }

    /**
     * Refuses what would be in a recording as it was when it was made.
     *
     * @throws IllegalStateException while this thread records
     */
    static void refuse(String what) {
        if (Underway.RECORDS.get() != null) {
            throw new IllegalStateException(what + " can't be recorded");
        }
    }

    /** Whether a thread records; set while it does. */
    final class Underway {
        private static final ThreadLocal<@Nullable Boolean> RECORDS = new ThreadLocal<>();

        private Underway() {}
    }

    /** Something recorded. */
    interface Recording extends AutoCloseable {
        /** Has the device compute it; nobody waits. */
        void replay();

        @Override
        void close();
    }
}
