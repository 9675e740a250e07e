package dev.finetune.train;

import dev.finetune.error.FinetuneException;
import java.util.Objects;

/**
 * Stops training when evaluations no longer get better.
 *
 * @param metric the metric watched; empty for the task's main metric
 * @param patience how many evaluations in a row may fail to improve
 * @param minimumChange how much better than the best an evaluation must be to count
 */
public record EarlyStopping(String metric, int patience, double minimumChange) {
    /** Checks the ranges. */
    public EarlyStopping {
        Objects.requireNonNull(metric, "metric");
        if (patience < 1 || !(minimumChange >= 0)) {
            throw new FinetuneException("Early stopping needs a patience of at least 1 and a minimum change of at "
                    + "least 0, not " + patience + " and " + minimumChange + ".");
        }
    }

    @Override
    public String toString() {
        return "after " + patience + (patience == 1 ? " evaluation" : " evaluations") + " without a better "
                + (metric.isEmpty() ? "main metric" : metric)
                + (minimumChange == 0 ? "" : ", better by " + minimumChange);
    }
}
