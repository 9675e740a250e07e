package dev.finetune.train;

import java.util.Objects;

/**
 * Restores the weights of the best evaluation at the end.
 *
 * @param metric the metric that says which is best; empty for that of early stopping, or else the task's main metric
 */
public record KeepBest(String metric) {
    /** Checks that nothing is missing. */
    public KeepBest {
        Objects.requireNonNull(metric, "metric");
    }

    @Override
    public String toString() {
        return "the best weights" + (metric.isEmpty() ? "" : " by " + metric);
    }
}
