package dev.finetune.train;

import dev.finetune.metrics.Metrics;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Measures what steps and evaluations take, and stops the training after so many epochs. */
final class StepClock implements TrainingListener {
    private final int epochs;
    private final List<List<Double>> steps = new ArrayList<>();
    private final List<Double> evaluations = new ArrayList<>();
    private Optional<Metrics> metrics = Optional.empty();
    private @Nullable TrainingControl control;
    private long last;

    StepClock(int epochs) {
        this.epochs = epochs;
        for (int i = 0; i < epochs; i++) {
            steps.add(new ArrayList<>());
        }
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
    public void stepped(StepReport report) {
        steps.get(report.epoch()).add(sinceLast());
    }

    @Override
    public void evaluated(EpochReport report) {
        evaluations.add(sinceLast());
        metrics = report.validation();
        if (evaluations.size() == epochs && control != null) {
            control.stop();
        }
    }
}
