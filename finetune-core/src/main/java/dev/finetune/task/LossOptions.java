package dev.finetune.task;

import dev.finetune.FinetuneException;
import java.util.List;

/**
 * How a loss over classes is shaped.
 *
 * @param labelSmoothing e: the target becomes 1 - e + e/K for the true class and e/K for the others (Szegedy et al.,
 *     2015); 0 by default
 * @param classWeights the weight of each class in the loss, in the order of the labels; empty for none
 */
public record LossOptions(double labelSmoothing, List<Double> classWeights) {
    /** No smoothing, no weights. */
    public static final LossOptions PLAIN = new LossOptions(0, List.of());

    /** Checks the ranges. */
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
    }
}
