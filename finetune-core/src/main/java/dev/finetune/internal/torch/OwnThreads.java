package dev.finetune.internal.torch;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.bytedeco.pytorch.global.torch;

/** Threads for which LibTorch has one, where there is no team of OpenMP's to be had. */
final class OwnThreads implements Workers.Team {
    private final ExecutorService executor;

    private OwnThreads(ExecutorService executor) {
        this.executor = executor;
    }

    /** Starts them. Telling LibTorch how many it may use changes what threads to come get, so it is told back. */
    static Workers.Team start(int threads) {
        final CountDownLatch ready = new CountDownLatch(threads);
        final ExecutorService executor = Executors.newFixedThreadPool(threads, task -> {
            final Thread thread = new Thread(
                    () -> {
                        torch.get_num_threads();
                        torch.set_num_threads(1);
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
        uninterrupted(ready::await);
        torch.set_num_threads(threads);
        return new OwnThreads(executor);
    }

    /** Waits for all, even if this thread is interrupted: they work on memory that the caller frees. */
    @Override
    public void run(int threads, Runnable each) {
        final List<Future<?>> running = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
            running.add(executor.submit(each));
        }
        for (Future<?> future : running) {
            uninterrupted(() -> {
                try {
                    future.get();
                } catch (ExecutionException e) {
                    throw new IllegalStateException(e.getCause());
                }
            });
        }
    }

    private interface Waiting {
        void await() throws InterruptedException;
    }

    private static void uninterrupted(Waiting waiting) {
        boolean interrupted = false;
        for (boolean waits = true; waits; ) {
            try {
                waiting.await();
                waits = false;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
