package dev.finetune.train;

import dev.finetune.error.FinetuneException;
import dev.finetune.internal.Records;
import dev.finetune.internal.Told;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * What keeps a network from following chance: noise, agreement between passes, and averages. Immutable: its methods of one
 * argument give variants.
 *
 * @param dropout in place of every dropout probability of the model's configuration, if given
 * @param rDrop a: a times the mean of both Kullback-Leibler divergences between two passes of different dropout is added to
 *     the loss; 0, the default, for one pass
 * @param average of the weights, evaluated and kept instead of the last ones, if wanted
 */
public record Regularization(
        @Told(value = "dropout", byDefault = "the model's") OptionalDouble dropout,
        @Told(value = "R-Drop", quiet = true) double rDrop,

        @Told(value = "weight average", quiet = true) Optional<WeightAverage> average) {
    /** The model's own dropout, one pass, the last weights. */
    public static final Regularization DEFAULT = new Regularization(OptionalDouble.empty(), 0, Optional.empty());

    /**
     * Checks the ranges.
     *
     * @throws FinetuneException if a value is out of its range
     */
    public Regularization {
        Objects.requireNonNull(dropout, "dropout");
        Objects.requireNonNull(average, "average");
        if (dropout.isPresent() && !(dropout.getAsDouble() >= 0 && dropout.getAsDouble() < 1)) {
            throw new FinetuneException(
                    "A dropout probability must be at least 0 and below 1, not " + dropout.getAsDouble() + ".");
        }
        Range.checkWeight("regularization(r -> r.rDrop(...))", rDrop);
    }

    /**
     * Replaces every dropout probability of the model's configuration; of a network for pictures that is the one before the
     * classifier, which ResNets have without dropout.
     *
     * @param probability from 0 to below 1
     * @return the same with that setting
     * @throws FinetuneException if it isn't at least 0 and below 1
     */
    public Regularization dropout(double probability) {
        return Records.with(this, "dropout", OptionalDouble.of(probability));
    }

    /**
     * Sends each batch through the network twice, with different dropout, and adds alpha times the mean of both
     * Kullback-Leibler divergences between the two predictions to the mean of both losses (R-Drop: Liang et al., 2021;
     * alphas from 1 to 5 are usual). A step takes twice the time and nearly twice the memory. 0, the default, is one pass.
     * For heads of one class of several; not with gradient checkpointing.
     *
     * @param alpha at least 0
     * @return the same with that setting
     */
    public Regularization rDrop(double alpha) {
        return Records.with(this, "rDrop", alpha);
    }

    /**
     * Evaluates, while training, and keeps in the end, an average of the weights over the steps; training goes on with the
     * weights themselves. What keeps the best weights, or stops early, looks at the averages, too. None by default.
     *
     * @param wanted how weights are averaged
     * @return the same with that setting
     */
    public Regularization average(WeightAverage wanted) {
        Objects.requireNonNull(wanted, "wanted");
        return Records.with(this, "average", Optional.of(wanted));
    }
}
