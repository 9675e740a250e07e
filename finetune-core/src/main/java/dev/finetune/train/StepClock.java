package dev.finetune.train;

import dev.finetune.metrics.Metrics;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** Measures what steps and evaluations take, and stops the training after so many epochs. */
final class StepClock implements TrainingListener {
    private final int epochs;
    private final LongSupplier kept;
    private final List<String> warnings = new ArrayList<>();
    private boolean hasBegun;
    private long bytesAfterSteps;
    private long bytes;
    private final List<List<Double>> steps = new ArrayList<>();
    private final List<Double> evaluations = new ArrayList<>();
    private Optional<Metrics> metrics = Optional.empty();
    private @Nullable TrainingControl control;
    private long last;

    /**
     * A clock for so many epochs.
     *
     * @param kept tells how many bytes are kept of frozen stages
     */
    StepClock(int epochs, LongSupplier kept) {
        this.epochs = epochs;
        this.kept = kept;
        for (int i = 0; i < epochs; i++) {
            steps.add(new ArrayList<>());
        }
    }

    /** After how many epochs it stops the training. */
    int epochs() {
        return epochs;
    }

    /** Seconds of each step of an epoch. */
    List<Double> seconds(int epoch) {
        return steps.get(epoch);
    }

    /** Seconds of each evaluation, or of an epoch's end without one. */
    List<Double> evaluations() {
        return evaluations;
    }

    /** What the last evaluation gave. */
    Optional<Metrics> metrics() {
        return metrics;
    }

    /** What was warned of by steps; what comes before the first was, most likely, of a plan that has too few. */
    List<String> warnings() {
        return warnings;
    }

    /** How many bytes were kept after the first epoch's steps, before its evaluation. */
    long bytesAfterSteps() {
        return bytesAfterSteps;
    }

    /** How many bytes were kept after the first evaluation. */
    long bytes() {
        return bytes;
    }

    private double sinceLast() {
        final long now = System.nanoTime();
        final double seconds = (now - last) / 1e9;
        last = now;
        return seconds;
    }

    @Override
    public void attached(TrainingControl training) {
        control = training;
    }

    @Override
    public void started(Plan plan) {
        last = System.nanoTime();
    }

    @Override
    public void fetched(double seconds) {
        hasBegun = true;
    }

    @Override
    public void warned(String message) {
        if (hasBegun && evaluations.isEmpty()) {
            warnings.add(message);
        }
    }

    @Override
    public void stepped(StepReport report) {
        steps.get(report.epoch()).add(sinceLast());
        if (evaluations.isEmpty()) {
            bytesAfterSteps = kept.getAsLong();
        }
    }

    @Override
    public void evaluated(EpochReport report) {
        if (evaluations.isEmpty()) {
            bytes = kept.getAsLong();
        }
        evaluations.add(sinceLast());
        metrics = report.validation();
        if (evaluations.size() == epochs && control != null) {
            control.stop();
        }
    }
}
