package dev.finetune.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.internal.RecordingLogger;
import dev.finetune.metrics.Metrics;
import dev.finetune.train.EpochReport;
import dev.finetune.train.StepReport;
import dev.finetune.train.TrainingHistory;
import dev.finetune.train.TrainingListener;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What a training shows on a console and in a log, and how often. */
class ProgressTest {
    private static final TrainingListener.Plan PLAN =
            new TrainingListener.Plan(800, 80, 1000, 1234, 109_000_000, "accuracy");

    private final ByteArrayOutputStream printed = new ByteArrayOutputStream();
    private final PrintStream out = new PrintStream(printed, true, StandardCharsets.UTF_8);
    private long now;

    private String text() {
        return printed.toString(StandardCharsets.UTF_8).replace(System.lineSeparator(), "\n");
    }

    /** So many steps of a second each, an evaluation after each 100. */
    private void train(TrainingListener listener, TrainingListener.Plan plan, int steps) {
        listener.started(plan);
        final List<StepReport> reports = new ArrayList<>();
        final List<EpochReport> evaluations = new ArrayList<>();
        for (int step = 0; step < steps; step++) {
            now += 1_000_000_000L;
            reports.add(new StepReport(step + 1, step / 100, 0.5, 1, 1e-3, 8));
            listener.stepped(reports.get(step));
            if (step % 100 == 99) {
                evaluations.add(new EpochReport(
                        (step + 1) / 100.0,
                        step + 1,
                        0.5,
                        Optional.of(new Metrics(Map.of("loss", 0.4, "accuracy", 0.875))),
                        now / 1e9,
                        8));
                listener.evaluated(evaluations.get(evaluations.size() - 1));
            }
        }
        listener.finished(new TrainingHistory(
                reports,
                evaluations,
                Optional.empty(),
                TrainingHistory.End.CANCELLED,
                Optional.empty(),
                now / 1e9,
                now / 1e9));
    }

    @Test
    void withoutATerminalThereAreFewLinesAndNoCarriageReturn() {
        train(new ConsoleProgress(out, false, () -> now), PLAN, 90);

        assertThat(text())
                .doesNotContain("\r")
                .startsWith("training 1,234 of 109,000,000 parameters on 800 rows, 1,000 steps\n");
        assertThat(text().lines().filter(line -> line.startsWith("step ")))
                .containsExactly(
                        "step 3 of 1,000, 24 rows, loss 0.5000, 8 rows/s, 16:37 min left",
                        "step 13 of 1,000, 104 rows, loss 0.5000, 8 rows/s, 16:27 min left",
                        "step 28 of 1,000, 224 rows, loss 0.5000, 8 rows/s, 16:12 min left",
                        "step 51 of 1,000, 408 rows, loss 0.5000, 8 rows/s, 15:49 min left",
                        "step 85 of 1,000, 680 rows, loss 0.5000, 8 rows/s, 15:15 min left");
        assertThat(text()).endsWith("cancelled after 90 steps and 1:30 min\n");
    }

    @Test
    void linesComeAtMostOnceAMinuteInALongTraining() {
        train(new ConsoleProgress(out, false, () -> now), new TrainingListener.Plan(8, 0, 7200, 1, 1, "loss"), 7200);

        assertThat(text().lines().filter(line -> line.startsWith("step ")).count())
                .isBetween(60L, 125L);
    }

    @Test
    void onATerminalABarIsDrawnOverAndMakesRoomForEvaluationsAndWarnings() {
        final ConsoleProgress progress = new ConsoleProgress(out, true, () -> now);
        train(progress, PLAN, 100);
        final String[] redrawn = text().split("\r");

        assertThat(redrawn[50]).startsWith("  5 % [=                       ] step 50 of 1,000, 400 rows");
        final String line = Stream.of(text().split("\n"))
                .filter(each -> each.contains("0.8750"))
                .findFirst()
                .orElseThrow();
        assertThat(line.substring(0, line.lastIndexOf('\r'))).endsWith(" ".repeat(60));
        assertThat(line.substring(line.lastIndexOf('\r') + 1))
                .isEqualTo("  1.00      100     0.5000      0.4000     0.8750         8   100.0");

        progress.started(PLAN);
        progress.warned("too few rows");
        assertThat(text()).endsWith("\nwarning: too few rows\n");
        assertThat(progress.showsWarnings()).isTrue();
    }

    @Test
    void aStreamWithoutAnEndShowsWhereItIsAndNoTimeLeft() {
        train(new ConsoleProgress(out, true, () -> now), new TrainingListener.Plan(-1, 0, -1, 5, 5, "loss"), 4);

        assertThat(text())
                .startsWith("training 5 of 5 parameters on streamed rows\n")
                .contains("\rstep 4, 32 rows, loss 0.5000, 8 rows/s")
                .doesNotContain("left", "%");
    }

    @Test
    void aLogHasThePlanTheProgressTheEvaluationsAndTheEndAtInfo() {
        final RecordingLogger log = new RecordingLogger();
        train(new ProgressLog(log, () -> now), PLAN, 100);

        assertThat(log.lines())
                .containsExactly(
                        "INFO training 1,234 of 109,000,000 parameters on 800 rows, 1,000 steps",
                        "INFO step 3 of 1,000, 24 rows, loss 0.5000, 8 rows/s, 16:37 min left",
                        "INFO step 13 of 1,000, 104 rows, loss 0.5000, 8 rows/s, 16:27 min left",
                        "INFO step 28 of 1,000, 224 rows, loss 0.5000, 8 rows/s, 16:12 min left",
                        "INFO step 51 of 1,000, 408 rows, loss 0.5000, 8 rows/s, 15:49 min left",
                        "INFO step 85 of 1,000, 680 rows, loss 0.5000, 8 rows/s, 15:15 min left",
                        "INFO epoch 1.00, step 100: training loss 0.5000, validation loss 0.4000, accuracy 0.8750, 8 rows/s,"
                                + " 1:40 min",
                        "INFO cancelled after 100 steps and 1:40 min");
    }
}
