package dev.finetune.internal.torch;

/**
 * Records what a device is told to compute, so that it can be told again all at once, with other numbers in the same tensors.
 * What was recorded must read nothing but those, and change nothing but tensors.
 */
public interface Recorder extends AutoCloseable {
    /** Of this thread. */
    ThreadLocal<Boolean> UNDERWAY = ThreadLocal.withInitial(() -> false);

    /**
     * Records, without computing anything.
     *
     * @throws RuntimeException what the work threw; nothing is recorded then
     */
    Recording record(Runnable work);

    @Override
    void close();

    /** Whether this thread records. */
    static boolean isUnderway() {
        return UNDERWAY.get();
    }

    /**
     * Refuses what would be in a recording as it was when it was made.
     *
     * @throws IllegalStateException while this thread records
     */
    static void refuse(String what) {
        if (isUnderway()) {
            throw new IllegalStateException(what + " can't be recorded");
        }
    }

    /** Something recorded. */
    interface Recording extends AutoCloseable {
        /** Has the device compute it; nobody waits. */
        void replay();

        @Override
        void close();
    }
}
