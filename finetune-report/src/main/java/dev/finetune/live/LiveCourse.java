package dev.finetune.live;

import dev.finetune.html.LivePage;
import dev.finetune.metrics.Metrics;
import dev.finetune.record.Course;
import dev.finetune.record.FitRecord;
import dev.finetune.train.EpochReport;
import dev.finetune.train.StepReport;
import dev.finetune.train.TrainingListener.Plan;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;

/** What is known of a fit that goes on. Thread-safe: told by the thread that trains, asked by others. */
final class LiveCourse {
    private final FitRecord begun;
    private final LongSupplier clock;
    private final List<StepReport> steps = new ArrayList<>();
    private final List<EpochReport> evaluations = new ArrayList<>();
    private final List<String> warnings = new ArrayList<>();
    private long start;
    private long before;
    private long planned = -1;

    /** Begins, by a clock of nanoseconds. */
    LiveCourse(FitRecord begun, LongSupplier clock) {
        this.begun = begun;
        this.clock = clock;
        this.start = clock.getAsLong();
    }

    synchronized void started(Plan plan) {
        start = clock.getAsLong();
        planned = plan.steps() == Long.MAX_VALUE ? -1 : plan.steps();
    }

    synchronized void resumed(long step, List<EpochReport> earlier) {
        before = step;
        evaluations.addAll(earlier);
    }

    synchronized void stepped(StepReport report) {
        steps.add(report);
    }

    synchronized void evaluated(EpochReport report) {
        evaluations.add(report);
    }

    synchronized void warned(String message) {
        warnings.add(message);
    }

    private double seconds() {
        return (clock.getAsLong() - start) / 1e9;
    }

    /** The record of the fit as far as it is. */
    FitRecord now() {
        final List<StepReport> made;
        final List<EpochReport> evaluated;
        final List<String> told;
        final double seconds;
        final long resumed;
        synchronized (this) { // Training waits for no more than copies.
            made = List.copyOf(steps);
            evaluated = List.copyOf(evaluations);
            told = List.copyOf(warnings);
            seconds = seconds();
            resumed = before;
        }
        final Optional<Metrics> newest = evaluated.isEmpty()
                ? Optional.empty()
                : evaluated.get(evaluated.size() - 1).validation();
        return begun.at(Course.ongoing(resumed + made.size(), made, evaluated, seconds), newest, told);
    }

    /** Where it is. */
    synchronized LivePage.State state() {
        return new LivePage.State(before + steps.size(), steps.size(), planned, seconds());
    }
}
