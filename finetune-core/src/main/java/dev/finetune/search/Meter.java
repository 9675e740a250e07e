package dev.finetune.search;

import dev.finetune.train.EpochReport;
import dev.finetune.train.StepReport;
import dev.finetune.train.TrainingHistory;
import dev.finetune.train.TrainingListener;
import java.util.function.LongSupplier;

/**
 * Adds up the time of trainings, of which evaluations are a part, and the rows that they saw; without the first steps of
 * each, which are slow ones, where it is to leave them out.
 */
final class Meter implements TrainingListener {
    private final LongSupplier clock;
    private final int leftOut;
    private double seconds;
    private double evaluationSeconds;
    private long rows;
    private long last;

    Meter(LongSupplier clock, int leftOut) {
        this.clock = clock;
        this.leftOut = leftOut;
    }

    /** What training on a row took, evaluations left out. */
    double secondsOfRow() {
        return (seconds - evaluationSeconds) / rows;
    }

    /** All that was measured, evaluations included. */
    double seconds() {
        return seconds;
    }

    /** What evaluations took of it. */
    double evaluationSeconds() {
        return evaluationSeconds;
    }

    /** How many rows were trained on. */
    long rows() {
        return rows;
    }

    private double sinceLast() {
        final long now = clock.getAsLong();
        final double passed = (now - last) / 1e9;
        last = now;
        seconds += passed;
        return passed;
    }

    @Override
    public void started(Plan plan) {
        last = clock.getAsLong();
    }

    @Override
    public void stepped(StepReport report) {
        if (report.step() <= leftOut) {
            last = clock.getAsLong();
        } else {
            sinceLast();
            rows += report.rows();
        }
    }

    @Override
    public void evaluated(EpochReport report) {
        evaluationSeconds += sinceLast();
    }

    @Override
    public void finished(TrainingHistory history) {
        sinceLast();
    }
}
