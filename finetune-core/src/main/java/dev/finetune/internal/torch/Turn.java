package dev.finetune.internal.torch;

import dev.finetune.FinetuneException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A caller's turn to compute. Who calls alone uses all cores; of several callers each uses one ({@link OneCore}), at most
 * twice as many at once as there are cores, and the others wait in the order in which they came.
 */
public final class Turn implements AutoCloseable {
    /** For so long after there were several callers each uses one core: between two requests of theirs they aren't there. */
    private static final long MEMORY = TimeUnit.MILLISECONDS.toNanos(20);

    /** The least time for which a turn is kept where others wait: changing costs some of it. */
    private static final long SHARE = TimeUnit.MILLISECONDS.toNanos(20);

    /** Twice the cores: while a caller that waited wakes up, another one computes in its place. */
    static final int MOST = 2 * Runtime.getRuntime().availableProcessors();

    private static final Semaphore CORES = new Semaphore(MOST, true);
    private static final AtomicInteger CALLERS = new AtomicInteger();
    private static final ThreadLocal<Turn> HELD = new ThreadLocal<>();
    private static volatile long lastCrowd = System.nanoTime() - MEMORY;

    private final boolean counts;
    private boolean computes;
    private long began;
    private @Nullable OneCore oneCore;

    private Turn(boolean counts) {
        this.counts = counts;
    }

    /**
     * Waits for a turn. Within a turn of the same thread, it is another name of that. Use with try-with-resources.
     *
     * @throws FinetuneException if the thread is interrupted while it waits; it stays interrupted
     */
    public static Turn take() {
        if (HELD.get() != null) {
            return new Turn(false);
        }
        final Turn turn = new Turn(true);
        if (CALLERS.incrementAndGet() > 1) {
            lastCrowd = System.nanoTime();
        }
        try {
            turn.begin();
        } catch (RuntimeException e) {
            CALLERS.decrementAndGet();
            throw e;
        }
        HELD.set(turn);
        return turn;
    }

    /** The turn of a caller that needs none, since it computes elsewhere than on the cores. */
    public static Turn none() {
        return new Turn(false);
    }

    /**
     * Between two pieces of work: lets those who wait compute first, if there are any and this turn has lasted a while.
     *
     * @throws FinetuneException as {@link #take}
     */
    public void pass() {
        if (counts && CORES.hasQueuedThreads() && System.nanoTime() - began > SHARE) {
            end();
            begin();
        }
    }

    /** How many callers wait. */
    static int waiting() {
        return CORES.getQueueLength();
    }

    private void begin() {
        // Not past those who wait, as Semaphore.tryAcquire would; and an interrupted thread that needn't wait goes on.
        if (CORES.hasQueuedThreads() || !CORES.tryAcquire()) {
            await();
        }
        computes = true;
        began = System.nanoTime();
        if (CALLERS.get() > 1) {
            lastCrowd = System.nanoTime();
        }
        if (!OneCore.isOn() && System.nanoTime() - lastCrowd < MEMORY) {
            oneCore = OneCore.use();
        }
    }

    private void end() {
        computes = false;
        if (oneCore != null) {
            oneCore.close();
            oneCore = null;
        }
        CORES.release();
    }

    private static void await() {
        try {
            CORES.acquire();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new FinetuneException(
                    "The thread was interrupted while it waited for its turn to predict: other threads compute on all"
                            + " cores.",
                    e);
        }
    }

    @Override
    public void close() {
        if (counts) {
            HELD.remove();
            CALLERS.decrementAndGet();
            if (computes) {
                end();
            }
        }
    }
}
