package dev.finetune.spark;

import java.util.HashSet;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.spark.SparkContext;
import org.apache.spark.TaskFailedReason;
import org.apache.spark.TaskKilled;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerJobEnd;
import org.apache.spark.scheduler.SparkListenerJobStart;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.jspecify.annotations.Nullable;
import scala.jdk.javaapi.CollectionConverters;

/**
 * Why a job failed, as Spark knows it from its task: what Spark throws where a barrier stage fails says it in words alone. Watches the
 * one job that the thread which opens it runs until it is closed.
 */
final class FailureWatch extends SparkListener implements AutoCloseable {
    private static final String KEY = "dev.finetune.job";
    private static final long PATIENCE_SECONDS = 10;

    private final SparkContext context;
    private final String job;
    private final CountDownLatch ended = new CountDownLatch(1);
    private final Set<Integer> stages = new HashSet<>();
    private int id = -1;
    private @Nullable TaskFailedReason reason;

    private FailureWatch(SparkContext context, String job) {
        this.context = context;
        this.job = job;
    }

    /**
     * Begins to watch.
     *
     * @param job what tells the job from others
     */
    static FailureWatch open(SparkContext context, String job) {
        final FailureWatch watch = new FailureWatch(context, job);
        context.addSparkListener(watch);
        context.setLocalProperty(KEY, job);
        return watch;
    }

    @Override
    public synchronized void onJobStart(SparkListenerJobStart started) {
        final Properties properties = started.properties();
        if (properties != null && job.equals(properties.getProperty(KEY))) {
            id = started.jobId();
            CollectionConverters.asJava(started.stageIds()).forEach(stage -> stages.add((Integer) stage));
        }
    }

    /** The last one counts: Spark itself repeats what failed in stages before. */
    @Override
    public synchronized void onTaskEnd(SparkListenerTaskEnd task) {
        if (stages.contains(task.stageId())
                && task.reason() instanceof TaskFailedReason failed
                && !(failed instanceof TaskKilled)) {
            reason = failed;
        }
    }

    @Override
    public synchronized void onJobEnd(SparkListenerJobEnd end) {
        if (end.jobId() == id) {
            ended.countDown();
        }
    }

    /** Why the task failed that failed the job, which has ended; empty where it wasn't a task. Spark tells it a little later. */
    Optional<TaskFailedReason> reason() {
        try {
            ended.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        synchronized (this) {
            return Optional.ofNullable(reason);
        }
    }

    @Override
    public void close() {
        context.setLocalProperty(KEY, null);
        context.removeSparkListener(this);
    }
}
