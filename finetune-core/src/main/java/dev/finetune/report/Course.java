package dev.finetune.report;

import dev.finetune.metrics.Metrics;
import dev.finetune.train.EpochReport;
import dev.finetune.train.StepReport;
import dev.finetune.train.TrainingHistory;
import dev.finetune.train.TrainingListener;
import java.util.Locale;
import java.util.function.LongSupplier;

/** How far a training has come, in words: what is planned, the step it is at with the time left, how it ended. */
final class Course {
    private final TrainingListener.Plan plan;
    private final LongSupplier clock;
    private final long start;
    private long before;
    private long steps;
    private long rows;
    private double loss;

    /** Begins, by a clock of nanoseconds. */
    Course(TrainingListener.Plan plan, LongSupplier clock) {
        this.plan = plan;
        this.clock = clock;
        this.start = clock.getAsLong();
    }

    double seconds() {
        return (clock.getAsLong() - start) / 1e9;
    }

    /** So many steps were done before it began. */
    void resumed(long done) {
        before = done;
        steps = done;
    }

    void stepped(StepReport report) {
        steps = report.step();
        rows += report.rows();
        loss = report.loss();
    }

    /** The share of all steps that is done; NaN where nobody knows how many there are. */
    double share() {
        return knowsItsEnd() ? steps / (double) plan.steps() : Double.NaN;
    }

    private boolean knowsItsEnd() {
        return plan.steps() > 0 && plan.steps() < Long.MAX_VALUE;
    }

    /** What is about to be done. */
    String planned() {
        return String.format(
                Locale.ROOT,
                "training %,d of %,d parameters on %s rows%s",
                plan.trainedParameters(),
                plan.parameters(),
                plan.rows() < 0 ? "streamed" : String.format(Locale.ROOT, "%,d", plan.rows()),
                knowsItsEnd()
                        ? String.format(Locale.ROOT, ", %,d %s", plan.steps(), plan.steps() == 1 ? "step" : "steps")
                        : "");
    }

    /** Where it is. */
    String now() {
        final double seconds = seconds();
        return String.format(
                Locale.ROOT,
                "step %,d%s, %,d rows, loss %.4f, %.0f rows/s%s",
                steps,
                knowsItsEnd() ? String.format(Locale.ROOT, " of %,d", plan.steps()) : "",
                rows,
                loss,
                rows / seconds,
                knowsItsEnd() ? ", " + time(seconds / (steps - before) * (plan.steps() - steps)) + " left" : "");
    }

    /** What an evaluation came to. */
    static String evaluated(EpochReport report, String metric) {
        final StringBuilder text = new StringBuilder(String.format(
                Locale.ROOT,
                "epoch %.2f, step %,d: training loss %.4f",
                report.epoch(),
                report.step(),
                report.trainingLoss()));
        report.validation().ifPresent(metrics -> {
            append(text, "validation loss", "loss", metrics);
            if (!metric.equals("loss")) {
                append(text, metric, metric, metrics);
            }
        });
        return text.append(String.format(Locale.ROOT, ", %.0f rows/s, ", report.rowsPerSecond()))
                .append(time(report.seconds()))
                .toString();
    }

    private static void append(StringBuilder text, String title, String name, Metrics metrics) {
        if (metrics.names().contains(name)) {
            text.append(String.format(Locale.ROOT, ", %s %.4f", title, metrics.get(name)));
        }
    }

    /** How it ended. */
    static String ended(TrainingHistory history) {
        return String.format(
                Locale.ROOT,
                "%s after %,d %s and %s",
                history.ended(),
                history.steps().size(),
                history.steps().size() == 1 ? "step" : "steps",
                time(history.seconds()));
    }

    /** Seconds, minutes and seconds, or hours and minutes. */
    static String time(double seconds) {
        final long whole = Math.round(seconds);
        if (whole < 10) {
            return String.format(Locale.ROOT, "%.1f s", seconds);
        }
        if (whole < 60) {
            return whole + " s";
        }
        return whole < 3600
                ? String.format(Locale.ROOT, "%d:%02d min", whole / 60, whole % 60)
                : String.format(Locale.ROOT, "%d:%02d h", whole / 3600, whole % 3600 / 60);
    }
}
