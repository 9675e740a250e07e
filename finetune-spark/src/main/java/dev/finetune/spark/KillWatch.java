package dev.finetune.spark;

import java.util.concurrent.TimeUnit;
import org.apache.spark.BarrierTaskContext;
import org.apache.spark.TaskContext;
import org.apache.spark.TaskKilledException;

/**
 * Ends a training whose task Spark gave up, since another worker was lost or the job was cancelled: Spark only marks it, and would wait
 * for its end. The thread that opens it is interrupted then, until it is closed.
 */
final class KillWatch implements AutoCloseable {
    private static final long PAUSE_MILLIS = 200;

    private final TaskContext context;
    private final Thread trains = Thread.currentThread();
    private final Thread watches = new Thread(this::watch, "finetune-kill-watch");
    private boolean closed;
    private boolean interrupted;

    private KillWatch(TaskContext context) {
        this.context = context;
    }

    static KillWatch open(BarrierTaskContext context) {
        final KillWatch watch = new KillWatch(context);
        watch.watches.setDaemon(true);
        watch.watches.start();
        return watch;
    }

    private void watch() {
        try {
            while (!context.isInterrupted()) {
                TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
            }
        } catch (InterruptedException e) {
            return; // It was closed.
        }
        synchronized (this) {
            if (!closed) {
                interrupted = true;
                trains.interrupt();
            }
        }
    }

    /** Throws if the task was given up: what was trained until then is no result. */
    void check() {
        if (context.isInterrupted()) {
            throw new TaskKilledException("the training was given up");
        }
    }

    /** The thread is Spark's again: no longer interrupted, if it was from here. */
    @Override
    public void close() {
        synchronized (this) {
            closed = true;
            if (interrupted) {
                Thread.interrupted();
            }
        }
        watches.interrupt();
    }
}
