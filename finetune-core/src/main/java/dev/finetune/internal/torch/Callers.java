package dev.finetune.internal.torch;

import dev.finetune.error.FinetuneException;
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

    /** Its queue holds no more than one entry for each thread that waits in {@link #run}. */
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
     * @param onCores whether it is the cores that compute, and not a GPU, for which callers don't take turns
     * @throws FinetuneException if the thread is interrupted, before or meanwhile, and the work isn't at its end by then: at
     *     once where it waits for others, else after the step under way, which uses what the caller may free; the thread stays
     *     interrupted
     * @throws RuntimeException what the work threw
     */
    public static void run(Work work, boolean onCores) {
        CALLERS.incrementAndGet();
        try {
            boolean more = true;
            while (more) {
                requireUninterrupted();
                // On one core by its caller's will, or asked for by work that is computed here already.
                more = onCores && isCrowd() && !OneCore.isOn() ? new Share(work).await() : work.step();
            }
        } finally {
            CALLERS.decrementAndGet();
        }
    }

    private static void requireUninterrupted() {
        if (Thread.currentThread().isInterrupted()) {
            throw new FinetuneException(
                    "The thread is interrupted, so that nothing is predicted; where that was meant for"
                            + " something else, Thread.interrupted() clears it.");
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

    /** A caller's work, until it is done, its caller is alone again, or gives it up. */
    private static final class Share implements Runnable {
        private final Work work;
        private final CountDownLatch done = new CountDownLatch(1);
        private volatile boolean givenUp;
        private boolean more = true;
        private @Nullable Throwable failure;

        Share(Work work) {
            this.work = work;
        }

        @Override
        public void run() {
            final long began = System.nanoTime();
            try {
                while (more && !givenUp && isCrowd()) {
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

        /** Returns whether there is more to do, for a caller that is alone, or interrupted. */
        boolean await() {
            THREADS.execute(this);
            try {
                done.await();
            } catch (InterruptedException e) {
                giveUp();
                Thread.currentThread().interrupt();
            }
            Failures.rethrow(failure);
            return more;
        }

        /** Returns when it isn't computed any more: a step under way is waited for, since it uses what the caller may free. */
        private void giveUp() {
            givenUp = true;
            while (!THREADS.remove(this)) {
                try {
                    if (done.await(10, TimeUnit.MILLISECONDS)) {
                        return; // Else it may have been put back among those that wait, meanwhile.
                    }
                } catch (InterruptedException e) {
                    // It is already known.
                }
            }
        }
    }
}
