package dev.finetune.train;

import dev.finetune.batch.Encoded;
import dev.finetune.batch.HostBatch;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The batches of a training step by step, epoch by epoch: where it stands in its data. */
final class StepBatches implements AutoCloseable {
    private final BatchSource source;
    private final int accumulation;
    private final Predicate<List<Encoded>> known;
    private int epoch;
    private long stepsOfEpoch;
    private boolean inEpoch;
    private boolean interrupted;
    private BatchSource.@Nullable Batches batches;

    /**
     * A training's batches before its first step.
     *
     * @param source of the batches (borrowed)
     * @param accumulation batches in a step
     * @param known of which rows only the targets will be read
     */
    StepBatches(BatchSource source, int accumulation, Predicate<List<Encoded>> known) {
        this.source = source;
        this.accumulation = accumulation;
        this.known = known;
    }

    /** Goes on within an epoch, after so many of its steps. */
    void goOn(int ofEpoch, long steps) {
        epoch = ofEpoch;
        stepsOfEpoch = steps;
        inEpoch = steps > 0;
    }

    /**
     * The batches of the next step, in parts; none at the end of the epoch, or where the thread is interrupted before
     * there are any.
     */
    List<HostBatch> next() {
        if (batches == null) {
            inEpoch = true;
            batches = source.epoch(epoch, known, visited());
        }
        final List<HostBatch> some = new ArrayList<>();
        try {
            for (int i = 0; i < accumulation && batches.hasNext(); i++) {
                some.addAll(batches.nextInParts());
            }
        } catch (InterruptedRun e) {
            interrupted = true;
            return List.of();
        }
        return some;
    }

    /** Whether {@link #next} gave none since the thread was interrupted, rather than since there are none. */
    boolean wereInterrupted() {
        return interrupted;
    }

    /** A step was done with the batches of {@link #next}. */
    void stepped() {
        stepsOfEpoch++;
    }

    /** Leaves the epoch. */
    void leave() {
        close();
        inEpoch = false;
    }

    /** Goes to the beginning of the next epoch. */
    void nextEpoch() {
        stepsOfEpoch = 0;
        epoch++;
    }

    /** Counted from 0. */
    int epoch() {
        return epoch;
    }

    /** How many steps of the epoch were done. */
    long stepsOfEpoch() {
        return stepsOfEpoch;
    }

    /** Whether an epoch was begun that was not left. */
    boolean isInEpoch() {
        return inEpoch;
    }

    /** How many batches of the epoch were visited. */
    long visited() {
        return stepsOfEpoch * accumulation;
    }

    /** Epochs that were seen; where the length of the data isn't known the one under way counts as a whole one. */
    double epochsSeen() {
        return isOfKnownLength() ? epochsAfter(epoch, stepsOfEpoch) : epoch + 1.0;
    }

    /** Epochs before a step; whole ones only where the length of the data isn't known. */
    double epochsBefore() {
        return isOfKnownLength() ? epochsAfter(epoch, stepsOfEpoch) : epoch;
    }

    private boolean isOfKnownLength() {
        return source.batchesPerEpoch().isPresent();
    }

    /** Epochs that so many whole ones and so many steps of another are, where the length of the data is known. */
    double epochsAfter(long epochs, long steps) {
        final double seen = steps * (double) accumulation;
        return epochs + Math.min(1, seen / source.batchesPerEpoch().orElseThrow());
    }

    @Override
    public void close() {
        if (batches != null) {
            batches.close();
            batches = null;
        }
    }
}
