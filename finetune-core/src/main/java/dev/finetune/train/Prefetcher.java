package dev.finetune.train;

import dev.finetune.batch.HostBatch;
import dev.finetune.internal.Failures;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Collates the next batches on a thread of its own while the model computes. Order is kept; errors are passed on. The
 * thread closes what it reads, at the end or when the pass is given up.
 */
final class Prefetcher implements BatchSource.Batches {
    private static final int AHEAD = 4;

    /** How long closing waits for a source that doesn't heed an interrupt. */
    private static final long PATIENCE_MILLIS = 10_000;

    private final BlockingQueue<Item> queue = new ArrayBlockingQueue<>(AHEAD);
    private final Thread thread;
    private volatile boolean closed;
    private @Nullable Item next;

    /** Reads a source of batches in parts that holds nothing open. */
    Prefetcher(Iterator<List<HostBatch>> source) {
        this(source, () -> {});
    }

    /** Reads a source of batches in parts, and does something when no more is read of it. */
    Prefetcher(Iterator<List<HostBatch>> source, Runnable whenDone) {
        this.thread = new Thread(() -> fill(source, whenDone), "finetune-prefetch");
        thread.setDaemon(true);
        thread.start();
    }

    private void fill(Iterator<List<HostBatch>> source, Runnable whenDone) {
        Item last = new Item(null, null);
        try {
            while (!closed && source.hasNext()) {
                put(new Item(source.next(), null));
            }
        } catch (RuntimeException | Error e) {
            last = new Item(null, e);
        }
        try {
            whenDone.run();
        } catch (RuntimeException | Error e) {
            last = last.failure == null ? new Item(null, e) : last;
        }
        put(last);
    }

    private void put(Item item) {
        try {
            while (!closed && !queue.offer(item, 100, TimeUnit.MILLISECONDS)) {
                // The model is still busy.
            }
        } catch (InterruptedException e) {
            closed = true;
        }
    }

    /**
     * Waits until it is known whether there is another batch.
     *
     * @throws InterruptedRun if the thread is interrupted and there is none yet; it stays interrupted
     */
    @Override
    public boolean hasNext() {
        if (next == null) {
            next = queue.poll();
        }
        if (next == null) {
            try {
                next = queue.take();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new InterruptedRun("Interrupted while waiting for the next batch of data.");
            }
        }
        Failures.rethrow(next.failure);
        return next.parts != null;
    }

    /** A batch that comes in parts has no one padding: its parts are asked for. */
    @Override
    public HostBatch next() {
        final List<HostBatch> parts = nextInParts();
        if (parts.size() > 1) {
            throw new IllegalStateException("The batch comes in " + parts.size() + " parts.");
        }
        return parts.get(0);
    }

    @Override
    public List<HostBatch> nextInParts() {
        if (!hasNext() || next == null || next.parts == null) {
            throw new NoSuchElementException();
        }
        final List<HostBatch> parts = next.parts;
        next = null;
        return parts;
    }

    /**
     * Waits until the thread no longer uses what it reads and encodes with, so that these can be closed; also where the
     * thread that closes is interrupted, which it stays.
     */
    @Override
    public void close() {
        closed = true;
        thread.interrupt();
        final long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(PATIENCE_MILLIS);
        boolean interrupted = false;
        while (thread.isAlive() && System.nanoTime() < end) {
            try {
                TimeUnit.NANOSECONDS.timedJoin(thread, end - System.nanoTime());
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private record Item(
            @Nullable List<HostBatch> parts, @Nullable Throwable failure) {}
}
