package dev.finetune.internal.torch;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;
import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * Runs many small pieces of work on all cores, each piece on one thread. Left to themselves, LibTorch and the BLAS would
 * cut each piece up again for all cores, at more cost than gain: twelve products of 128 x 64 x 128 take OpenBLAS 660
 * microseconds on two threads and 260 on one.
 */
public final class Workers {
    static {
        Natives.load();
    }

    private static @Nullable Workers started;

    private final int threads;
    private final ExecutorService executor;

    private Workers(int threads, ExecutorService executor) {
        this.threads = threads;
        this.executor = executor;
    }

    /** A piece of work. */
    public interface Work {
        /** Does piece number {@code piece}; no two run at once with the same {@code worker}. */
        void run(int piece, int worker);
    }

    /** How many pieces can run at once. */
    public static int count() {
        return get().threads;
    }

    /**
     * Runs pieces 0 to count - 1, in any order, and returns when none runs any more.
     *
     * @param work does one piece, without recording gradients, and frees what it makes; is told which piece, and which
     *     worker it runs on, of {@link #count}
     * @throws RuntimeException what a piece threw; pieces that had not begun are then left out
     */
    public static void run(int count, Work work) {
        if (count == 1) {
            try (GradientMode off = GradientMode.off()) {
                work.run(0, 0);
            }
            return;
        }
        final AtomicInteger next = new AtomicInteger();
        final IntFunction<Runnable> loop = worker -> () -> {
            try {
                for (int i = next.getAndIncrement(); i < count; i = next.getAndIncrement()) {
                    work.run(i, worker);
                }
            } catch (RuntimeException | Error e) {
                next.set(count);
                throw e;
            }
        };
        final Workers workers = get();
        final List<Future<?>> running = new ArrayList<>();
        try (BlasThreads one = BlasThreads.one()) {
            for (int i = 0; i < Math.min(count, workers.threads); i++) {
                running.add(workers.executor.submit(loop.apply(i)));
            }
            join(running);
        }
    }

    /** Waits for all, even if one fails or this thread is interrupted: they work on memory that the caller frees. */
    private static void join(List<Future<?>> running) {
        boolean interrupted = false;
        Throwable failure = null;
        for (Future<?> future : running) {
            for (boolean waits = true; waits; ) {
                try {
                    future.get();
                    waits = false;
                } catch (InterruptedException e) {
                    interrupted = true;
                } catch (ExecutionException e) {
                    failure = e.getCause();
                    waits = false;
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        rethrow(failure);
    }

    private static void rethrow(@Nullable Throwable failure) {
        if (failure instanceof Error error) {
            throw error;
        }
        if (failure != null) {
            throw (RuntimeException) failure;
        }
    }

    /** As many as LibTorch has threads when they are first asked for. */
    private static synchronized Workers get() {
        if (started == null) {
            final int threads = torch.get_num_threads();
            started = new Workers(threads, start(threads));
        }
        return started;
    }

    /** Threads for which LibTorch has one. Telling it changes what threads to come get, so it is told back. */
    private static ExecutorService start(int threads) {
        final CountDownLatch ready = new CountDownLatch(threads);
        final ExecutorService executor = Executors.newFixedThreadPool(threads, task -> {
            final Thread thread = new Thread(
                    () -> {
                        torch.get_num_threads();
                        torch.set_num_threads(1);
                        GradMode.set_enabled(false);
                        ready.countDown();
                        task.run();
                    },
                    "finetune-worker");
            thread.setDaemon(true);
            return thread;
        });
        for (int i = 0; i < threads; i++) {
            executor.execute(() -> {});
        }
        boolean interrupted = false;
        while (ready.getCount() > 0) {
            try {
                ready.await();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        torch.set_num_threads(threads);
        return executor;
    }
}
