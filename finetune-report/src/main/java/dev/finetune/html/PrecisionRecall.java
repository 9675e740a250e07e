package dev.finetune.html;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Precision and recall of one class for every threshold of its score, rows of equal scores together.
 *
 * @param name of the class
 * @param recall for each threshold, the highest first
 * @param precision for each threshold
 * @param average the average precision: the sum over thresholds of (recall - recall before) times precision
 * @param positives how many rows are of the class
 */
record PrecisionRecall(String name, List<Double> recall, List<Double> precision, double average, int positives) {
    /**
     * A row's score.
     *
     * @param score the higher, the surer
     * @param isOfClass the truth
     */
    record Scored(double score, boolean isOfClass) {}

    static PrecisionRecall of(String name, List<Scored> rows) {
        final List<Scored> sorted = new ArrayList<>(rows);
        sorted.sort(Comparator.comparingDouble(Scored::score).reversed());
        final int positives = (int) rows.stream().filter(Scored::isOfClass).count();
        final List<Double> recall = new ArrayList<>();
        final List<Double> precision = new ArrayList<>();
        double average = 0;
        int found = 0;
        for (int i = 0; i < sorted.size() && positives > 0; i++) {
            found += sorted.get(i).isOfClass ? 1 : 0;
            final boolean isLastOfEqual =
                    i + 1 == sorted.size() || sorted.get(i + 1).score != sorted.get(i).score;
            if (isLastOfEqual) {
                final double before = recall.isEmpty() ? 0 : recall.get(recall.size() - 1);
                recall.add((double) found / positives);
                precision.add((double) found / (i + 1));
                average += (recall.get(recall.size() - 1) - before) * precision.get(precision.size() - 1);
            }
        }
        return new PrecisionRecall(name, recall, precision, positives == 0 ? Double.NaN : average, positives);
    }
}
