package dev.finetune.internal.run;

import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Whether a native model may still be used; shared by all that use it. Closing waits for nobody, who might wait for the one
 * that closes: a model in use is freed by the last that uses it.
 */
public final class Lifetime {
    private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
    private int users;
    private volatile boolean closed;
    private @Nullable Runnable toFree;

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
     * @throws IllegalStateException if this thread uses it, which would wait for itself
     */
    public void alone(Runnable action) {
        enter();
        try {
            if (lock.getReadHoldCount() > 0) {
                throw new IllegalStateException("this thread uses the model right now, so that it can't be changed:"
                        + " call this after predict, evaluate or save, not from what they call");
            }
            lock.writeLock().lock();
            try {
                action.run();
            } finally {
                lock.writeLock().unlock();
            }
        } finally {
            leave();
        }
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
