package dev.finetune.task;

import dev.finetune.error.FinetuneException;
import dev.finetune.head.Head;
import java.util.List;

/**
 * How a loss over classes is shaped.
 *
 * @param labelSmoothing e: the target becomes 1 - e + e/K for the true class and e/K for the others (Szegedy et al.,
 *     2015); 0 by default
 * @param classWeights the weight of each class in the loss, in the order of the labels, not all of them 0; empty for none
 * @param focalGamma g: a row's loss is multiplied by (1 - p)^g, p the probability of its true class, so that what is
 *     easy counts less (Lin et al., "Focal loss for dense object detection", 2017); 0, the plain loss, by default
 */
public record LossOptions(double labelSmoothing, List<Double> classWeights, double focalGamma) {
    /** No smoothing, no weights, not focal. */
    public static final LossOptions PLAIN = new LossOptions(0, List.of());

    /**
     * A loss that isn't focal.
     *
     * @param labelSmoothing the share of the target's probability that is spread over all classes, from 0 to below 1
     * @param classWeights one a label, or none
     */
    public LossOptions(double labelSmoothing, List<Double> classWeights) {
        this(labelSmoothing, classWeights, 0);
    }

    /**
     * Checks the ranges.
     *
     * @throws FinetuneException if a value is out of its range, if all class weights are 0, or if both smoothing and gamma
     *     are given
     */
    public LossOptions {
        classWeights = List.copyOf(classWeights);
        if (!(labelSmoothing >= 0 && labelSmoothing < 1)) {
            throw new FinetuneException("Label smoothing must be at least 0 and below 1, not " + labelSmoothing + ".");
        }
        for (double weight : classWeights) {
            if (!(weight >= 0) || Double.isInfinite(weight)) {
                throw new FinetuneException("Class weights must be finite and not negative: " + classWeights);
            }
        }
        if (!classWeights.isEmpty() && classWeights.stream().allMatch(weight -> weight == 0)) {
            throw new FinetuneException(
                    "Class weights must not all be 0, for nothing would be learned: " + classWeights);
        }
        if (!(focalGamma >= 0) || Double.isInfinite(focalGamma)) {
            throw new FinetuneException(
                    "The focal loss's gamma must be a number of at least 0 (2 is usual), not " + focalGamma + ".");
        }
        if (focalGamma > 0 && labelSmoothing > 0) {
            throw new FinetuneException("The focal loss (gamma " + focalGamma + ") needs one true class a row, and "
                    + "label smoothing (" + labelSmoothing + ") spreads it over all: use one of the two.");
        }
    }

    /** Refuses what a head that doesn't choose one class of several would have to ignore. */
    void checkWithoutOneClass(Head head) {
        if (!classWeights.isEmpty()) {
            throw isFor("classWeights(" + classWeights + ")", "one class of several, or for tags", head);
        }
        if (labelSmoothing > 0) {
            throw isFor("labelSmoothing(" + labelSmoothing + ")", "one class of several, or for tags", head);
        }
        if (focalGamma > 0 && !(head instanceof Head.MultiLabel)) {
            throw isFor("focalLoss(" + focalGamma + ")", "classes", head);
        }
    }

    private static FinetuneException isFor(String setting, String what, Head head) {
        return new FinetuneException(setting + " is for " + what + "; with a "
                + head.getClass().getSimpleName() + " head it would change nothing: leave it out.");
    }

    /**
     * {@return the same with another label smoothing}
     *
     * @param share from 0 to below 1
     */
    public LossOptions withLabelSmoothing(double share) {
        return new LossOptions(share, classWeights, focalGamma);
    }

    /**
     * {@return the same with other class weights}
     *
     * @param weights one a label, or none
     */
    public LossOptions withClassWeights(List<Double> weights) {
        return new LossOptions(labelSmoothing, weights, focalGamma);
    }

    /**
     * {@return the same with another gamma of the focal loss}
     *
     * @param gamma at least 0
     */
    public LossOptions withFocalGamma(double gamma) {
        return new LossOptions(labelSmoothing, classWeights, gamma);
    }
}
