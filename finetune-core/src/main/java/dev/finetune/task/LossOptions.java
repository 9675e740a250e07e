package dev.finetune.task;

import dev.finetune.error.FinetuneException;
import dev.finetune.head.Head;
import dev.finetune.internal.Records;
import dev.finetune.internal.Told;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/**
 * How a loss over classes is shaped. Immutable: its methods of one argument give variants.
 *
 * @param labelSmoothing e: the target becomes 1 - e + e/K for the true class and e/K for the others (Szegedy et al.,
 *     2015); 0 by default
 * @param weighting how much each class counts in the loss, all alike by default
 * @param focalGamma g: a row's loss is multiplied by (1 - p)^g, p the probability of its true class, so that what is
 *     easy counts less (Lin et al., "Focal loss for dense object detection", 2017); 0, the plain loss, by default
 */
public record LossOptions(
        @Told(value = "label smoothing", zero = "none") double labelSmoothing,
        @Told("class weights") ClassWeighting weighting,

        @Told(value = "focal loss", as = "gamma {}", quiet = true)
        double focalGamma) {
    /** Keeps the gradient of a power below 1 finite where a row is certain. */
    private static final double SMALLEST = 1e-12;

    /** No smoothing, no weights, not focal. */
    public static final LossOptions DEFAULT = new LossOptions(0, List.of());

    /**
     * A loss that isn't focal.
     *
     * @param labelSmoothing the share of the target's probability that is spread over all classes, from 0 to below 1
     * @param classWeights one a label, or none
     */
    public LossOptions(double labelSmoothing, List<Double> classWeights) {
        this(labelSmoothing, new ClassWeighting(false, Objects.requireNonNull(classWeights, "classWeights")), 0);
    }

    /**
     * Checks the ranges.
     *
     * @throws FinetuneException if a value is out of its range, or if both smoothing and gamma are given
     */
    public LossOptions {
        Objects.requireNonNull(weighting, "weighting");
        if (!(labelSmoothing >= 0 && labelSmoothing < 1)) {
            throw new FinetuneException("Label smoothing must be at least 0 and below 1, not " + labelSmoothing + ".");
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

    /** {@return the weight of each class, in the order of the labels; empty for none, or where the data says them} */
    public List<Double> classWeights() {
        return weighting.weights();
    }

    /** (1 - p)^gamma from the losses -log p, through which gradients flow, too. */
    Tensor focalFactor(Tensor losses) {
        return losses.neg().expm1().neg().clamp_min(new Scalar(SMALLEST)).pow(new Scalar(focalGamma));
    }

    /** Refuses what a head that doesn't choose one class of several would have to ignore. */
    void checkWithoutOneClass(Head head) {
        if (!classWeights().isEmpty()) {
            throw isFor("loss(l -> l.classWeights(" + classWeights() + "))", "one class of several, or for tags", head);
        }
        if (labelSmoothing > 0) {
            throw isFor(
                    "loss(l -> l.labelSmoothing(" + labelSmoothing + "))", "one class of several, or for tags", head);
        }
        if (focalGamma > 0 && !head.hasNames()) {
            throw isFor("loss(l -> l.focalGamma(" + focalGamma + "))", "classes", head);
        }
    }

    private static FinetuneException isFor(String setting, String what, Head head) {
        return new FinetuneException(setting + " is for " + what + "; with a " + head.kind()
                + " head it would change nothing: leave it out.");
    }

    /**
     * The share of the target's probability that is spread over all classes; 0 by default. Where the model is loaded, it is
     * refused for heads of several labels at once, of numbers, of features, and of answers to questions.
     *
     * @param share from 0 to below 1
     * @return the same with that setting
     */
    public LossOptions labelSmoothing(double share) {
        return Records.with(this, "labelSmoothing", share);
    }

    /**
     * The weight of each class (or tag) in the loss, in the order of the labels. Where the model is loaded, it is refused for
     * heads that don't choose one class of several. A step all of whose rows are of classes with weight 0 has a loss of 0 and
     * changes nothing by it, where PyTorch's mean would be NaN.
     *
     * @param weights one a label, none below 0 and not all 0; none for classes that count alike
     * @return the same with that setting
     * @throws FinetuneException if one is negative or not finite, if all are 0, or after {@link #balancedClassWeights()},
     *     which says the same in another way
     */
    public LossOptions classWeights(double... weights) {
        Objects.requireNonNull(weights, "weights");
        return Records.with(
                this,
                "weighting",
                new ClassWeighting(
                        weighting.balanced(), Arrays.stream(weights).boxed().toList()));
    }

    /**
     * Weighs classes by n / (classes * count of the class), as scikit-learn's "balanced"; tags likewise, counted by words.
     * Where the model is loaded, it is refused for heads that don't choose one class of several.
     *
     * @return the same with that setting
     * @throws FinetuneException after {@link #classWeights(double...)}, which say the same in another way
     */
    public LossOptions balancedClassWeights() {
        return Records.with(this, "weighting", new ClassWeighting(true, weighting.weights()));
    }

    /**
     * Multiplies the loss of each row by (1 - p)^gamma, p the probability of its true class, so that easy rows count less
     * (Lin et al., "Focal loss for dense object detection", 2017); 2 is usual, 0 (the default) is the plain loss. Goes with
     * class weights, of several labels at once it looks at each; refused with label smoothing and for heads without classes.
     *
     * @param gamma at least 0
     * @return the same with that setting
     */
    public LossOptions focalGamma(double gamma) {
        return Records.with(this, "focalGamma", gamma);
    }
}
