package dev.finetune.search;

import dev.finetune.metrics.Metrics;
import dev.finetune.search.AutoResult.Attempt;
import dev.finetune.search.Candidates.Candidate;
import java.util.List;

/**
 * An attempt, its settings, and where they lie in the search's dimensions, if they were searched.
 *
 * @param candidate what it was trained with
 * @param folds the metrics of each fold, where it was cross-validated
 * @param trainings how many models were trained for it
 * @param meter measured them
 */
record Tried(
        Attempt attempt, Candidate candidate, List<Double> places, List<Metrics> folds, int trainings, Meter meter) {
    /** The same compared on the first of its folds alone. */
    Tried onFolds(int count, String metric) {
        if (Double.isNaN(attempt.value())) {
            return this;
        }
        final List<Metrics> some = folds.subList(0, count);
        return new Tried(
                new Attempt(
                        attempt.name(), attempt.reason(), mean(some, metric), mean(some, "loss"), attempt.seconds()),
                candidate,
                places,
                some,
                trainings,
                meter);
    }

    /** The mean of a metric over folds. */
    static double mean(List<Metrics> folds, String metric) {
        return folds.stream().mapToDouble(one -> one.get(metric)).average().orElse(Double.NaN);
    }
}
