package dev.finetune.internal.distributed;

import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/** Says for whom a process waits that has nothing else to do: after some seconds, and each minute from then on. */
final class Patience {
    private static final long FIRST_SECONDS = 5;
    private static final long SECONDS_BETWEEN = 60;

    private final Consumer<String> says;
    private final LongSupplier clock;
    private final long start;
    private long due = FIRST_SECONDS;

    /**
     * Begins to wait.
     *
     * @param says is given what is to be said
     */
    Patience(Consumer<String> says) {
        this(says, System::nanoTime);
    }

    /**
     * Begins to wait.
     *
     * @param says is given what is to be said
     * @param clock nanoseconds
     */
    Patience(Consumer<String> says, LongSupplier clock) {
        this.says = says;
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
            says.accept(who + " has waited for " + seconds + " s for " + whom.get());
        }
    }
}
