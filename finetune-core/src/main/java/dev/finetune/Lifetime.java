package dev.finetune;

import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Supplier;

/** Whether a native model may still be used; shared by all that use it. Closing waits for what is under way. */
final class Lifetime {
    private final ReadWriteLock lock = new ReentrantReadWriteLock();
    private volatile boolean closed;

    <T> T use(Supplier<T> action) {
        lock.readLock().lock();
        try {
            if (closed) {
                throw new IllegalStateException("this model was closed");
            }
            return action.get();
        } finally {
            lock.readLock().unlock();
        }
    }

    /** Whether it was closed; waits for nobody. */
    boolean isOver() {
        return closed;
    }

    /** Does something while nothing else uses it. */
    void alone(Runnable action) {
        lock.writeLock().lock();
        try {
            if (closed) {
                throw new IllegalStateException("this model was closed");
            }
            action.run();
        } finally {
            lock.writeLock().unlock();
        }
    }

    /** Does once what closes it. */
    void end(Runnable close) {
        lock.writeLock().lock();
        try {
            if (!closed) {
                closed = true;
                close.run();
            }
        } finally {
            lock.writeLock().unlock();
        }
    }
}
