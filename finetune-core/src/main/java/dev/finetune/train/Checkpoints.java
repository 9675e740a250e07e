package dev.finetune.train;

import dev.finetune.error.FinetuneException;
import dev.finetune.internal.PlainNumbers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;

/**
 * Where and how often a training under way is saved, so that it can go on after a crash, a kill or a stop: weights,
 * optimizer, schedule, place in the data, averages, metrics and the best weights so far, each checkpoint in a folder {@code
 * checkpoint-STEP} of its own, written as a whole or not at all. One more is written when training ends or is stopped, for
 * whatever reason but an error. A checkpoint that can't be written is warned of, and training goes on; the ones before it stay.
 *
 * <p>A training that goes on from a checkpoint ends with the same bits as one that was never interrupted, on the same
 * machine with the same number of threads.
 *
 * @param directory what the checkpoints are in; made if need be. A training keeps others from writing there
 * @param everySteps optimizer steps between two checkpoints; 0 for none by steps
 * @param every time between two checkpoints; 10 minutes by default, none where steps are said
 * @param keepLast how many are kept, the last ones; 2 by default. Each holds the best weights so far, where these are kept
 * @param ofEnded whether a training that came to its end writes one more; true by default
 * @param existing what becomes of checkpoints that are there already; they are refused by default
 */
public record Checkpoints(
        Path directory, long everySteps, Optional<Duration> every, int keepLast, boolean ofEnded, Existing existing) {
    /** Rare enough to cost next to nothing. */
    private static final Duration DEFAULT_INTERVAL = Duration.ofMinutes(10);

    private static final int DEFAULT_KEPT = 2;

    /** What becomes of checkpoints that a directory holds already. */
    public enum Existing {
        /** Training doesn't begin, so that nothing is lost by mistake. */
        REFUSE,
        /** Training goes on from the last one. */
        RESUME,
        /** They are removed, and training begins at its beginning. */
        REPLACE
    }

    /** Checks the numbers. */
    public Checkpoints {
        Objects.requireNonNull(directory, "directory");
        Objects.requireNonNull(every, "every");
        Objects.requireNonNull(existing, "existing");
        if (everySteps < 0) {
            throw new FinetuneException("checkpoints: everySteps must be at least 1, but is " + everySteps + ".");
        }
        if (every.filter(time -> time.isZero() || time.isNegative()).isPresent()) {
            throw new FinetuneException(
                    "checkpoints: the time between two must be above 0, but is " + every.get() + ".");
        }
        if (keepLast < 1) {
            throw new FinetuneException("checkpoints: keepLast must be at least 1, but is " + keepLast + ".");
        }
    }

    /**
     * {@return a checkpoint every 10 minutes and one at the end, of which the last 2 are kept; those of another training
     * that are there are refused}
     *
     * @param directory what the checkpoints are in
     */
    public static Checkpoints in(Path directory) {
        return new Checkpoints(directory, 0, Optional.of(DEFAULT_INTERVAL), DEFAULT_KEPT, true, Existing.REFUSE);
    }

    /**
     * {@return those that go on where others are, every 10 minutes}
     *
     * @param existing a directory of checkpoints, or one of them
     */
    public static Checkpoints beside(Path existing) {
        final Path real = existing.toAbsolutePath().normalize();
        return in(CheckpointFolder.place(real).isPresent() && real.getParent() != null ? real.getParent() : real);
    }

    /**
     * {@return the same, one after so many steps each, in place of one after some time}
     *
     * @param steps at least 1
     */
    public Checkpoints everySteps(long steps) {
        if (steps < 1) {
            throw new FinetuneException("checkpoints: everySteps must be at least 1, but is " + steps + ".");
        }
        return new Checkpoints(directory, steps, Optional.empty(), keepLast, ofEnded, existing);
    }

    /**
     * {@return the same, one after so much time each, in place of one after some steps}
     *
     * @param time above 0
     */
    public Checkpoints every(Duration time) {
        return new Checkpoints(directory, 0, Optional.of(time), keepLast, ofEnded, existing);
    }

    /**
     * {@return the same, keeping so many}
     *
     * @param count at least 1
     */
    public Checkpoints keepLast(int count) {
        return new Checkpoints(directory, everySteps, every, count, ofEnded, existing);
    }

    /**
     * {@return the same, writing none when training comes to its end, for who saves the model at once; one that is stopped
     * before still writes its last}
     */
    public Checkpoints ofUnendedOnly() {
        return new Checkpoints(directory, everySteps, every, keepLast, false, existing);
    }

    /** {@return the same, going on from the last checkpoint that is there, if there is one} */
    public Checkpoints resume() {
        return new Checkpoints(directory, everySteps, every, keepLast, ofEnded, Existing.RESUME);
    }

    /** {@return the same, removing the checkpoints that are there} */
    public Checkpoints replace() {
        return new Checkpoints(directory, everySteps, every, keepLast, ofEnded, Existing.REPLACE);
    }

    /**
     * {@return the same in a folder of the directory}
     *
     * @param name of the folder
     */
    public Checkpoints within(String name) {
        return new Checkpoints(directory.resolve(name), everySteps, every, keepLast, ofEnded, existing);
    }

    /**
     * {@return whether a directory holds a checkpoint that a training can go on from}
     *
     * @param directory need not be there
     */
    public static boolean areIn(Path directory) {
        return CheckpointFolder.holdsAny(directory);
    }

    /**
     * Removes the checkpoints that a directory holds, and the directory, if nothing else is in it.
     *
     * @param directory need not be there
     * @throws FinetuneException if they can't be removed, or if a training is writing there
     */
    public static void remove(Path directory) {
        CheckpointFolder.remove(directory);
    }

    /** How often, and how many are kept. */
    @Override
    public String toString() {
        final String often = everySteps > 0
                ? "every " + everySteps + (everySteps == 1 ? " step" : " steps")
                : "every " + every.map(PlainNumbers::of).orElse("end");
        return often + ", the last " + keepLast + " kept";
    }
}
