package dev.finetune.examples;

import dev.finetune.hub.DownloadListener;
import dev.finetune.report.EpochTable;
import dev.finetune.train.EpochReport;
import dev.finetune.train.StepReport;
import dev.finetune.train.TrainingHistory;
import dev.finetune.train.TrainingListener;
import java.util.Locale;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/** Shows training on a terminal: a bar while it runs, a line of a table per evaluation. */
public final class Console implements TrainingListener {
    /** Whether a person watches; a bar would only fill a log. */
    private static final boolean INTERACTIVE = System.getenv("TERM") != null && System.getenv("CI") == null;

    private final String metric;
    private @Nullable ProgressBar bar;

    private Console(String metric) {
        this.metric = metric;
    }

    /** Progress with losses only. */
    public static TrainingListener progress() {
        return progress("loss");
    }

    /** Progress with a metric beside the losses. */
    public static TrainingListener progress(String metric) {
        return new Console(metric);
    }

    /** A line for each file that was downloaded. */
    public static DownloadListener downloads() {
        return progress -> {
            if (progress.done()) {
                System.out.printf(Locale.ROOT, "downloaded %s (%.1f MB)%n", progress.file(), progress.bytes() / 1e6);
            }
        };
    }

    @Override
    public void started(Plan plan) {
        System.out.printf(
                Locale.ROOT,
                "training %,d of %,d parameters on %s rows, %s steps%n",
                plan.trainedParameters(),
                plan.parameters(),
                plan.rows() < 0 ? "streamed" : String.format(Locale.ROOT, "%,d", plan.rows()),
                plan.steps());
        System.out.println(EpochTable.heading(metric));
        if (INTERACTIVE) {
            bar = new ProgressBarBuilder()
                    .setTaskName("steps")
                    .setInitialMax(plan.steps())
                    .setStyle(ProgressBarStyle.ASCII)
                    .setUpdateIntervalMillis(250)
                    .clearDisplayOnFinish()
                    .build();
        }
    }

    @Override
    public void stepped(StepReport report) {
        if (bar != null) {
            bar.stepTo(report.step() + 1);
            bar.setExtraMessage(String.format(Locale.ROOT, " loss %.3f", report.loss()));
        }
    }

    @Override
    public void evaluated(EpochReport report) {
        if (bar != null) {
            System.out.print("\r");
        }
        System.out.println(EpochTable.line(report, metric));
    }

    @Override
    public void warned(String message) {
        System.out.println("note: " + message);
    }

    @Override
    public void finished(TrainingHistory history) {
        if (bar != null) {
            bar.close();
            bar = null;
        }
    }
}
