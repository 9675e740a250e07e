package dev.finetune.train;

import dev.finetune.FinetuneException;
import dev.finetune.spi.HostBatch;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Collates the next batches on a thread of its own while the model computes. Order is kept; errors are passed on. */
final class Prefetcher implements BatchSource.Batches {
    private static final int AHEAD = 4;

    private final BlockingQueue<Item> queue = new ArrayBlockingQueue<>(AHEAD);
    private final Thread thread;
    private volatile boolean closed;
    private @Nullable Item next;

    Prefetcher(Iterator<HostBatch> source) {
        this.thread = new Thread(() -> fill(source), "finetune-prefetch");
        thread.setDaemon(true);
        thread.start();
    }

    private void fill(Iterator<HostBatch> source) {
        try {
            while (!closed && source.hasNext()) {
                put(new Item(source.next(), null));
            }
            put(new Item(null, null));
        } catch (RuntimeException | Error e) {
            put(new Item(null, e));
        }
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

    @Override
    public boolean hasNext() {
        if (next == null) {
            try {
                next = queue.take();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new FinetuneException("Interrupted while waiting for the next batch.", e);
            }
        }
        if (next.failure instanceof Error error) {
            throw error;
        }
        if (next.failure != null) {
            throw (RuntimeException) next.failure;
        }
        return next.batch != null;
    }

    @Override
    public HostBatch next() {
        if (!hasNext() || next == null || next.batch == null) {
            throw new NoSuchElementException();
        }
        final HostBatch batch = next.batch;
        next = null;
        return batch;
    }

    @Override
    public void close() {
        closed = true;
        thread.interrupt();
    }

    private record Item(@Nullable HostBatch batch, @Nullable Throwable failure) {}
}
