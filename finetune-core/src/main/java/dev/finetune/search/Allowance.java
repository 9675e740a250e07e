package dev.finetune.search;

import dev.finetune.train.Cancellation;
import java.time.Duration;
import java.util.function.LongSupplier;

/** The time that was given, by a clock of nanoseconds, which runs from the beginning; cancelled, none of it is left. */
final class Allowance {
    private final double given;
    private final Cancellation cancellation;
    private final LongSupplier clock;
    private final long start;

    Allowance(Duration budget, Cancellation cancellation, LongSupplier clock) {
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
}
