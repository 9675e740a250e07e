package dev.finetune.html;

import dev.finetune.metrics.ConfusionMatrix;
import dev.finetune.record.FitRecord;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Rows of one class that were taken for another.
 *
 * @param truth their class
 * @param predicted what they were taken for
 * @param count how many
 * @param of how many rows of that class there are
 */
record Confused(String truth, String predicted, long count, long of) {
    /** All pairs that occur, the most frequent first. */
    static List<Confused> pairs(FitRecord fit) {
        final List<Confused> pairs = new ArrayList<>();
        fit.evaluation().flatMap(metrics -> metrics.confusion()).ifPresent(matrix -> add(matrix, fit, pairs));
        pairs.sort(Comparator.comparingLong(Confused::count).reversed());
        return pairs;
    }

    private static void add(ConfusionMatrix matrix, FitRecord fit, List<Confused> pairs) {
        final List<String> labels = fit.model().labels();
        for (int i = 0; i < Math.min(labels.size(), matrix.classes()); i++) {
            for (int j = 0; j < Math.min(labels.size(), matrix.classes()); j++) {
                if (i != j && matrix.count(i, j) > 0) {
                    pairs.add(new Confused(labels.get(i), labels.get(j), matrix.count(i, j), matrix.support(i)));
                }
            }
        }
    }
}
