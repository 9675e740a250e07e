package dev.finetune.search;

import dev.finetune.train.Cancellation;
import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * The time that was given, by a clock of nanoseconds, which runs from the beginning, and what trainings are known to take of
 * it: so many seconds a row, and so many beside that. Cancelled, none of it is left.
 */
final class TimeBudget {
    /** Of the time that is left, what is planned with: a row's time is an estimate. */
    private static final double PLANNED = 0.9;

    private final double given;
    private final Cancellation cancellation;
    private final LongSupplier clock;
    private final long start;
    private double secondsPerRow;
    private double secondsBeside;
    private boolean learned;

    TimeBudget(Duration budget, Cancellation cancellation, LongSupplier clock) {
        this.given = budget.getSeconds() + budget.getNano() / 1e9;
        this.cancellation = cancellation;
        this.clock = clock;
        this.start = clock.getAsLong();
    }

    LongSupplier clock() {
        return clock;
    }

    /** Seconds that were given. */
    double given() {
        return given;
    }

    /** Seconds since the beginning. */
    double passed() {
        return (clock.getAsLong() - start) / 1e9;
    }

    /** Seconds that are left. */
    double left() {
        return isCancelled() ? 0 : given - passed();
    }

    /** Whether someone asked to stop. */
    boolean isCancelled() {
        return cancellation.isRequestedHere();
    }

    /** An equal share of the time that is left, for one of so many trainings. */
    Duration share(int trainings) {
        return millis(left() / trainings);
    }

    /** Some seconds as a time to train for, which is above 0. */
    static Duration millis(double seconds) {
        return Duration.ofMillis(Math.max(1, (long) (1000 * seconds)));
    }

    /** Learns from a few steps what training on a row takes; 0 where there were none. */
    void learnFromProbe(Meter probe) {
        secondsPerRow = probe.rows() == 0 ? 0 : probe.secondsOfRow();
    }

    /**
     * Learns from whole trainings what a row takes, and what is done beside training. The first is a slow one, so that the
     * least of several counts.
     *
     * @param meter measured them
     * @param seconds that they took, with all that was done beside them
     */
    void learn(Meter meter, double seconds, int trainings) {
        if (meter.rows() > 0) {
            final double row = meter.seconds() / meter.rows();
            final double beside = (seconds - meter.seconds()) / trainings;
            secondsPerRow = learned ? Math.min(secondsPerRow, row) : row;
            secondsBeside = learned ? Math.min(secondsBeside, beside) : beside;
            learned = true;
        }
    }

    /** Whether it is known what a row takes. */
    boolean knowsRow() {
        return secondsPerRow > 0;
    }

    /** Seconds that training on a row takes; 0 while that isn't known. */
    double secondsPerRow() {
        return secondsPerRow;
    }

    /** Seconds that it takes to train so many models on so many rows in all. */
    double seconds(int models, double rows) {
        return secondsBeside * models + secondsPerRow * rows;
    }

    /** On how many rows in all so many models can be trained in the time that is left. */
    double rowsLeft(int models) {
        return PLANNED * (left() - secondsBeside * models) / secondsPerRow;
    }

    /**
     * On how many rows a model can be trained in the time that is left, with an evaluation every so many, as one was
     * measured.
     */
    double rowsLeft(Meter measured, int evaluatedEvery) {
        final double evaluation = measured.evaluationSeconds();
        return PLANNED
                * (left() - secondsBeside - evaluation)
                / (measured.secondsOfRow() + evaluation / evaluatedEvery);
    }
}
