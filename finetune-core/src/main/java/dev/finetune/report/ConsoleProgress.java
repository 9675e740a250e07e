package dev.finetune.report;

import dev.finetune.internal.Terminal;
import dev.finetune.train.EpochReport;
import dev.finetune.train.StepReport;
import dev.finetune.train.TrainingHistory;
import dev.finetune.train.TrainingListener;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Shows a training on the console: a line of a table for each evaluation, warnings, and between them how far it is. On a
 * terminal that is a bar with the time left, which is drawn over and over; elsewhere, where it would fill a file with carriage
 * returns, a line after 3 seconds, 10 more, and then less and less often, up to once a minute.
 *
 * <pre>{@code
 * FineTuner.from("bert-base-uncased").head(2).listener(ConsoleProgress.create()).fit(train, validation);
 * }</pre>
 *
 * <p>For one training at a time.
 */
public final class ConsoleProgress implements TrainingListener {
    private static final int WIDTH = 24;
    private static final double SECONDS_BETWEEN_BARS = 0.2;

    private final PrintStream out;
    private final boolean terminal;
    private final LongSupplier clock;
    private final UnaryOperator<String> warnings;
    private final Pace pace = new Pace();
    private @Nullable Course course;
    private String metric = "loss";
    private double drawnAt = Double.NEGATIVE_INFINITY;
    private int drawn;

    /**
     * On System.out, with a bar if that is a terminal.
     *
     * @return a listener that writes to System.out, with a bar if that is a terminal
     */
    public static ConsoleProgress create() {
        return create(UnaryOperator.identity());
    }

    /**
     * The same, with warnings in the words of your application, where its users don't know the library's methods.
     *
     * @param warnings makes of a warning what is shown
     * @return a listener that writes to System.out, with a bar if that is a terminal
     */
    public static ConsoleProgress create(UnaryOperator<String> warnings) {
        return new ConsoleProgress(
                System.out,
                Terminal.isWatched(),
                System::nanoTime,
                java.util.Objects.requireNonNull(warnings, "warnings"));
    }

    /**
     * On a stream of yours, without a bar.
     *
     * @param out whatever it prints to; not closed
     * @return a listener that writes lines to it
     */
    public static ConsoleProgress plain(PrintStream out) {
        return new ConsoleProgress(
                java.util.Objects.requireNonNull(out, "out"), false, System::nanoTime, UnaryOperator.identity());
    }

    /**
     * On a stream.
     *
     * @param terminal whether what is written can be written over
     * @param clock nanoseconds
     */
    ConsoleProgress(PrintStream out, boolean terminal, LongSupplier clock) {
        this(out, terminal, clock, UnaryOperator.identity());
    }

    private ConsoleProgress(PrintStream out, boolean terminal, LongSupplier clock, UnaryOperator<String> warnings) {
        this.out = out;
        this.terminal = terminal;
        this.clock = clock;
        this.warnings = warnings;
    }

    @Override
    public synchronized void started(Plan plan) {
        metric = plan.metric();
        course = new Course(plan, clock);
        say(course.planned());
        say(EpochTable.heading(metric));
    }

    @Override
    public synchronized void stepped(StepReport report) {
        if (course == null) {
            return;
        }
        course.stepped(report);
        final double now = course.seconds();
        if (terminal && now - drawnAt >= SECONDS_BETWEEN_BARS) {
            draw(bar(course));
            drawnAt = now;
        } else if (!terminal && pace.isDue(now)) {
            say(course.now());
        }
    }

    private static String bar(Course course) {
        final double share = course.share();
        if (Double.isNaN(share)) {
            return course.now();
        }
        final int full = (int) (share * WIDTH);
        return String.format(
                        java.util.Locale.ROOT,
                        "%3.0f %% [%s%s] ",
                        100 * share,
                        "=".repeat(full),
                        " ".repeat(WIDTH - full))
                + course.now();
    }

    private void draw(String text) {
        out.print("\r" + text + " ".repeat(Math.max(0, drawn - text.length())));
        out.flush();
        drawn = text.length();
    }

    /** Says something on a line of its own, where a bar may stand. */
    private void say(String line) {
        if (drawn > 0) {
            draw("");
            out.print("\r");
            drawn = 0;
        }
        out.println(line);
    }

    @Override
    public synchronized void resumed(Path checkpoint, long step, List<EpochReport> evaluations) {
        evaluations.forEach(report -> say(EpochTable.line(report, metric)));
        if (course != null) {
            course.resumed(step);
        }
        say(String.format(java.util.Locale.ROOT, "going on from step %,d", step));
    }

    @Override
    public synchronized void evaluated(EpochReport report) {
        say(EpochTable.line(report, metric));
        if (course != null) {
            pace.restart(course.seconds());
        }
    }

    @Override
    public synchronized void warned(String message) {
        say("warning: " + warnings.apply(message));
    }

    @Override
    public boolean showsWarnings() {
        return true;
    }

    @Override
    public synchronized void finished(TrainingHistory history) {
        say(Course.ended(history));
        course = null;
    }
}
