package dev.finetune.train;

import dev.finetune.error.FinetuneException;
import java.util.OptionalLong;

/** How many optimizer steps a training run has, as the Trainer counts them. */
final class TotalSteps {
    private TotalSteps() {}

    /**
     * The number that was set, or else ceil(epochs * ceil(batches per epoch / accumulation)).
     *
     * @throws FinetuneException if neither is known
     */
    static long of(TrainingSettings settings, BatchSource training) {
        final OptionalLong batches = training.batchesPerEpoch();
        if (batches.isEmpty()) {
            if (settings.maxSteps() == 0) {
                throw new FinetuneException(
                        "The training data is a stream whose length isn't known: set maxSteps, so that the learning "
                                + "rate's schedule has an end.");
            }
            return settings.maxSteps();
        }
        final long all = (long) Math.ceil(settings.epochs() * perEpoch(settings, batches.getAsLong()));
        return settings.maxSteps() == 0 ? all : settings.maxSteps();
    }

    /** ceil(batches / accumulation): the steps of an epoch of so many batches. */
    static long perEpoch(TrainingSettings settings, long batches) {
        return (batches + settings.optimization().accumulate() - 1)
                / settings.optimization().accumulate();
    }
}
