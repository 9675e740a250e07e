package dev.finetune.internal.distributed;

import dev.finetune.error.FinetuneException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Waits for what native threads or a GPU do, and looks meanwhile whether a process was lost. */
final class Waiting {
    /** As long as it takes. */
    static final Duration EVER = Duration.ofNanos(Long.MAX_VALUE);

    private static final long PAUSE_NANOS = 50_000;

    private Waiting() {}

    /**
     * Waits. An interruption is for whoever trains to see: all processes stop together.
     *
     * @param done asked all the time
     * @param check called all the time; throws what ends the waiting
     * @param timeout of it
     * @param otherwise what is thrown after that time
     */
    static void until(BooleanSupplier done, Runnable check, Duration timeout, String otherwise) {
        final long begin = System.nanoTime();
        boolean interrupted = false;
        try {
            while (!done.getAsBoolean()) {
                check.run();
                if (System.nanoTime() - begin > timeout.toNanos()) {
                    throw new FinetuneException(otherwise);
                }
                interrupted |= Thread.interrupted();
                LockSupport.parkNanos(PAUSE_NANOS);
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** A moment, between two questions to other processes. */
    static void pause() {
        try {
            TimeUnit.MILLISECONDS.sleep(5);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // Training will see it.
        }
    }

    /** A time in words. */
    static String seconds(Duration time) {
        return time.toMillis() / 1000.0 + " s";
    }
}
