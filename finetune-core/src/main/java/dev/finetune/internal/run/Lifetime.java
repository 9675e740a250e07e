package dev.finetune.internal.run;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Whether a native model may still be used; shared by all that use it. Closing waits for nobody, who might wait for the one
 * that closes: a model in use is freed by the last that uses it.
 */
public final class Lifetime {
    /** How long a change waits for those that use the model, who may wait for the one that changes it. */
    private static final Duration PATIENCE = Duration.ofMinutes(1);

    private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
    private final Duration patience;
    private int users;
    private volatile boolean closed;
    private @Nullable Runnable toFree;

    public Lifetime() {
        this(PATIENCE);
    }

    Lifetime(Duration patience) {
        this.patience = patience;
    }

    public <T> T use(Supplier<T> action) {
        enter();
        try {
            lock.readLock().lock();
            try {
                return action.get();
            } finally {
                lock.readLock().unlock();
            }
        } finally {
            leave();
        }
    }

    /** Whether it was closed; waits for nobody. */
    public boolean isOver() {
        return closed;
    }

    /**
     * Does something while nothing else uses it.
     *
     * @throws IllegalStateException if this thread uses it, which would wait for itself; or if it is in use for a minute, by a
     *     thread that may wait for this one; or if the thread is interrupted
     */
    public void alone(Runnable action) {
        enter();
        try {
            if (lock.getReadHoldCount() > 0) {
                throw new IllegalStateException("this thread uses the model right now, so that it can't be changed:"
                        + " call this after predict, evaluate or save, not from what they call");
            }
            waitForUsers();
            try {
                action.run();
            } finally {
                lock.writeLock().unlock();
            }
        } finally {
            leave();
        }
    }

    private void waitForUsers() {
        try {
            if (lock.writeLock().tryLock(patience.toMillis(), TimeUnit.MILLISECONDS)) {
                return;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while other threads use the model; it wasn't changed", e);
        }
        throw new IllegalStateException("another thread has used the model for " + patience.toSeconds()
                + " seconds, or waits for this one, as it does where this is called from the data that it reads; the model"
                + " wasn't changed: call this when predict, evaluate and save have returned");
    }

    /** Does once what closes it: now, or when nobody uses it any more. */
    public void end(Runnable close) {
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
            if (users > 0) {
                toFree = close;
                return;
            }
        }
        close.run();
    }

    private synchronized void enter() {
        if (closed) {
            throw new IllegalStateException("this model was closed");
        }
        users++;
    }

    private void leave() {
        final Runnable last;
        synchronized (this) {
            users--;
            last = users == 0 ? toFree : null;
            toFree = users == 0 ? null : toFree;
        }
        if (last != null) {
            last.run();
        }
    }
}
