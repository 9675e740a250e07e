package dev.finetune.report;

import dev.finetune.train.EpochReport;
import dev.finetune.train.StepReport;
import dev.finetune.train.TrainingHistory;
import dev.finetune.train.TrainingListener;
import java.nio.file.Path;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;

/**
 * Logs a training at INFO: what is planned, where it is (rows, loss, time left; after 3 seconds, 10 more, and then less and
 * less often up to once a minute), each evaluation, and how it ended. {@link dev.finetune.FineTuner} adds it to every
 * training. Warnings are logged by who finds them.
 */
public final class ProgressLog implements TrainingListener {
    private final Logger log;
    private final LongSupplier clock;
    private final Pace pace = new Pace();
    private @Nullable Course course;
    private String metric = "loss";

    /**
     * Logs to a logger.
     *
     * @param log written to at INFO
     */
    public ProgressLog(Logger log) {
        this(log, System::nanoTime);
    }

    /** The same by another clock of nanoseconds. */
    ProgressLog(Logger log, LongSupplier clock) {
        this.log = log;
        this.clock = clock;
    }

    @Override
    public void started(Plan plan) {
        metric = plan.metric();
        course = new Course(plan, clock);
        log.info(course.planned());
    }

    @Override
    public void stepped(StepReport report) {
        if (course != null) {
            course.stepped(report);
            if (pace.isDue(course.seconds())) {
                log.info(course.now());
            }
        }
    }

    @Override
    public void resumed(Path checkpoint, long step, List<EpochReport> evaluations) {
        if (course != null) {
            course.resumed(step);
        }
        log.info("going on from {}", checkpoint);
    }

    @Override
    public void evaluated(EpochReport report) {
        log.info(Course.evaluated(report, metric));
        if (course != null) {
            pace.restart(course.seconds());
        }
    }

    @Override
    public void checkpointed(Path checkpoint, long step) {
        log.info("wrote {}", checkpoint);
    }

    @Override
    public void finished(TrainingHistory history) {
        log.info(Course.ended(history));
    }
}
