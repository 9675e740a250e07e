package dev.finetune.internal.distributed;

import dev.finetune.internal.Warnings;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;

/** Says for whom a process waits that has nothing else to do: after some seconds, and each minute from then on. */
final class Patience {
    private static final long FIRST_SECONDS = 5;
    private static final long SECONDS_BETWEEN = 60;

    private final Logger log;
    private final LongSupplier clock;
    private final long start;
    private long due = FIRST_SECONDS;

    /** Begins to wait. */
    Patience(Logger log) {
        this(log, System::nanoTime);
    }

    /**
     * Begins to wait.
     *
     * @param clock nanoseconds
     */
    Patience(Logger log, LongSupplier clock) {
        this.log = log;
        this.clock = clock;
        this.start = clock.getAsLong();
    }

    /**
     * Says it, if it is time.
     *
     * @param who waits, such as "Process 0"
     * @param whom it waits for, and where
     */
    void tell(String who, Supplier<String> whom) {
        final long seconds = TimeUnit.NANOSECONDS.toSeconds(clock.getAsLong() - start);
        if (seconds >= due) {
            due = seconds + SECONDS_BETWEEN;
            Warnings.say(log, who + " has waited for " + seconds + " s for " + whom.get());
        }
    }
}
