package dev.finetune.lm.generate;

import dev.finetune.internal.Failures;
import dev.finetune.internal.torch.OneCore;
import java.lang.ref.WeakReference;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Where the passes of several callers are computed: in one thread, whoever asks. The C library's allocator has memory for each
 * thread that computes, and keeps what is freed there for later: sixteen threads that compute in turn hold sixteen times what one
 * does. The first caller computes in its own thread as long as it is alone, which spares it the way to another and back.
 */
final class PassThread {
    private static final long IDLE_SECONDS = 1;

    private final ThreadPoolExecutor executor;

    /** Who computes in its own thread while it is alone; another, once that one has ended. */
    private WeakReference<Thread> first = new WeakReference<>(null);

    /** The thread is started when it is needed, and ends when nothing was asked for a while, so that it keeps no class loader alive. */
    PassThread() {
        executor = new ThreadPoolExecutor(1, 1, IDLE_SECONDS, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), body -> {
            final Thread thread = new Thread(body, "finetune-write");
            thread.setDaemon(true);
            thread.setContextClassLoader(PassThread.class.getClassLoader());
            return thread;
        });
        executor.allowCoreThreadTimeOut(true);
    }

    /**
     * Computes, and waits for it, even if this thread is interrupted: it uses what the caller frees.
     *
     * @param alone whether there is no other caller
     * @param work one at a time
     * @return what the work gives
     * @throws RuntimeException what the work threw
     */
    <T> T compute(boolean alone, Supplier<T> work) {
        if (OneCore.isOn() || alone && isFirst()) {
            return work.get();
        }
        final FutureTask<T> task = new FutureTask<>(work::get);
        executor.execute(task);
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return task.get();
                } catch (InterruptedException e) {
                    interrupted = true;
                } catch (ExecutionException e) {
                    Failures.rethrow(e.getCause());
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private synchronized boolean isFirst() {
        final Thread before = first.get();
        if (before == null || !before.isAlive()) {
            first = new WeakReference<>(Thread.currentThread());
            return true;
        }
        return before == Thread.currentThread();
    }
}
