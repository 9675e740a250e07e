package dev.finetune.task;

import dev.finetune.error.FinetuneException;
import java.util.List;
import java.util.Objects;

/**
 * How much each class counts in a loss.
 *
 * @param balanced whether each weighs n / (classes * count of the class), which the data says; without weights
 * @param weights one a label, in the order of the labels, not all of them 0; empty for none
 */
public record ClassWeighting(boolean balanced, List<Double> weights) {
    /**
     * Checks the weights.
     *
     * @throws FinetuneException if one is negative or not finite, if all are 0, or if weights are both given and balanced
     */
    public ClassWeighting {
        Objects.requireNonNull(weights, "weights");
        weights = List.copyOf(weights);
        for (double weight : weights) {
            if (!(weight >= 0) || Double.isInfinite(weight)) {
                throw new FinetuneException("Class weights must be finite and not negative: " + weights);
            }
        }
        if (!weights.isEmpty() && weights.stream().allMatch(weight -> weight == 0)) {
            throw new FinetuneException("Class weights must not all be 0, for nothing would be learned: " + weights);
        }
        if (balanced && !weights.isEmpty()) {
            throw new FinetuneException(
                    "loss(l -> l.classWeights(...)) and loss(l -> l.balancedClassWeights()) both weigh the classes: use"
                            + " one of the two.");
        }
    }

    @Override
    public String toString() {
        return balanced ? "balanced" : weights.isEmpty() ? "none" : weights.toString();
    }
}
