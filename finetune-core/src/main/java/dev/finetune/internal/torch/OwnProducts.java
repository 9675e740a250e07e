package dev.finetune.internal.torch;

import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * A time in which the bits of this thread's products on the CPU depend on nothing that other threads do: trainings in several
 * threads come to the bits that each comes to alone. OpenBLAS knows one number of threads for the whole process, so that with
 * it trainings compute in turns, a step each; MKL and GPUs need none of this.
 */
public final class OwnProducts implements AutoCloseable {
    static {
        Natives.load();
    }

    private static final ReentrantLock LOCK = new ReentrantLock(true);

    private final boolean locked;

    private OwnProducts(boolean locked) {
        this.locked = locked;
    }

    /**
     * Waits for others' times to end. Use with try-with-resources; not within another of the same thread.
     *
     * @param onCpu whether it is the CPU that multiplies
     */
    public static OwnProducts take(boolean onCpu) {
        final boolean shared = onCpu && !Natives.multipliesWithMkl();
        if (shared) {
            LOCK.lock();
            BlasThreads.own();
        }
        return new OwnProducts(shared);
    }

    /**
     * Gives it up for a wait, such as that for another process, which may have to wait in turn for what needs its time here.
     *
     * @param wait what is done meanwhile, without a product
     */
    public <T> T without(Supplier<T> wait) {
        if (!locked) {
            return wait.get();
        }
        BlasThreads.disown();
        LOCK.unlock();
        try {
            return wait.get();
        } finally {
            LOCK.lock();
            BlasThreads.own();
        }
    }

    @Override
    public void close() {
        if (locked) {
            BlasThreads.disown();
            LOCK.unlock();
        }
    }
}
