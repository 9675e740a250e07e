package dev.finetune.internal.torch;

import dev.finetune.FinetuneException;
import dev.finetune.internal.Failures;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Computes what several threads ask for at once. Who asks alone computes in its own thread, on all cores. Of several, each is
 * computed on {@link OneCore} by one of as many threads as there are cores, in the order in which they came: teams of threads
 * for each would take the cores from one another, and with a thread of its own each would find the caches cold.
 */
public final class Callers {
    /** For so long after there were several, one is treated as one of several: the others are between two requests. */
    private static final long MEMORY = TimeUnit.MILLISECONDS.toNanos(20);

    /** Where others wait, work gives way after this time. */
    private static final long SHARE = TimeUnit.MILLISECONDS.toNanos(20);

    /** How many compute at once where there are several. */
    static final int CORES = ThreadLimit.ofJava();

    private static final ThreadPoolExecutor THREADS = threads();
    private static final AtomicInteger CALLERS = new AtomicInteger();
    private static volatile long lastCrowd = System.nanoTime() - MEMORY;

    private Callers() {}

    /** What a caller asks for, in pieces. */
    @FunctionalInterface
    public interface Work {
        /** Computes the next piece, in any thread, after all that came before; says whether there is more. */
        boolean step();
    }

    /**
     * Computes all of some work, here or elsewhere, and returns when it is done.
     *
     * @throws FinetuneException if the thread is interrupted while others compute and its work waits; it stays interrupted
     * @throws RuntimeException what the work threw
     */
    public static void run(Work work) {
        CALLERS.incrementAndGet();
        try {
            boolean more = true;
            while (more) {
                // On one core by its caller's will, or asked for by work that is computed here already.
                more = isCrowd() && !OneCore.isOn() ? new Share(work).await() : work.step();
            }
        } finally {
            CALLERS.decrementAndGet();
        }
    }

    /** How many callers' work waits. */
    static int waiting() {
        return THREADS.getQueue().size();
    }

    private static boolean isCrowd() {
        final long now = System.nanoTime();
        if (CALLERS.get() > 1) {
            lastCrowd = now;
        }
        return now - lastCrowd < MEMORY;
    }

    /** They end when nothing was asked for a while, so that they keep no class loader alive. */
    private static ThreadPoolExecutor threads() {
        final ThreadPoolExecutor threads = new ThreadPoolExecutor(
                CORES, CORES, MEMORY, TimeUnit.NANOSECONDS, new LinkedBlockingQueue<>(), body -> {
                    final Thread thread = new Thread(() -> onOneCore(body), "finetune-predict");
                    thread.setDaemon(true);
                    thread.setContextClassLoader(Callers.class.getClassLoader());
                    return thread;
                });
        threads.allowCoreThreadTimeOut(true);
        return threads;
    }

    private static void onOneCore(Runnable body) {
        try (OneCore one = OneCore.use()) {
            body.run();
        }
    }

    /** A caller's work, until it is done or its caller is alone again. */
    private static final class Share implements Runnable {
        private final Work work;
        private final CountDownLatch done = new CountDownLatch(1);
        private boolean more = true;
        private @Nullable Throwable failure;

        Share(Work work) {
            this.work = work;
        }

        @Override
        public void run() {
            final long began = System.nanoTime();
            try {
                while (more && isCrowd()) {
                    if (waiting() > 0 && System.nanoTime() - began > SHARE) {
                        THREADS.execute(this);
                        return;
                    }
                    more = work.step();
                }
            } catch (RuntimeException | Error e) {
                failure = e;
            }
            done.countDown();
        }

        /** Returns whether there is more to do, for a caller that is alone. */
        boolean await() {
            boolean interrupted = Thread.interrupted(); // Before it waited for anything.
            THREADS.execute(this);
            try {
                for (boolean waits = true; waits; ) {
                    try {
                        done.await();
                        waits = false;
                    } catch (InterruptedException e) {
                        interrupted = true;
                        giveUp(e);
                    }
                }
            } finally {
                if (interrupted) {
                    Thread.currentThread().interrupt();
                }
            }
            Failures.rethrow(failure);
            return more;
        }

        /** Unless it is computed right now: that is waited for, since it uses what the caller may free. */
        private void giveUp(InterruptedException e) {
            if (THREADS.remove(this)) {
                throw new FinetuneException(
                        "The thread was interrupted while it waited for its turn to predict: other threads compute on"
                                + " all cores.",
                        e);
            }
        }
    }
}
