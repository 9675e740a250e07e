package dev.finetune.html;

import java.util.ArrayList;
import java.util.List;

/**
 * Precision and recall of one class for every threshold of its score, rows of equal scores together; of thresholds that find the
 * same rows of the class, the first and the last.
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
        final double[] ours = scores(rows, true);
        final double[] others = scores(rows, false);
        final List<Double> recall = new ArrayList<>();
        final List<Double> precision = new ArrayList<>();
        double average = 0;
        int other = others.length;
        int from = ours.length;
        while (from > 0) {
            final int before = ours.length - from;
            final double threshold = ours[from - 1];
            while (from > 0 && ours[from - 1] == threshold) {
                from--;
            }
            while (other > 0 && others[other - 1] > threshold) {
                other--;
            }
            add(before, ours, others.length - other, recall, precision);
            while (other > 0 && others[other - 1] == threshold) {
                other--;
            }
            add(ours.length - from, ours, others.length - other, recall, precision);
            average += (ours.length - from - before) * precision.get(precision.size() - 1) / ours.length;
        }
        return new PrecisionRecall(name, recall, precision, ours.length == 0 ? Double.NaN : average, ours.length);
    }

    /** Takes the point of a threshold that finds so many, beside so many others, if it finds any. */
    private static void add(int found, double[] ours, int others, List<Double> recall, List<Double> precision) {
        final double share = (double) found / (found + others);
        final int last = recall.size() - 1;
        final boolean isThere =
                last >= 0 && recall.get(last) == (double) found / ours.length && precision.get(last) == share;
        if (found > 0 && !isThere) {
            recall.add((double) found / ours.length);
            precision.add(share);
        }
    }

    private static double[] scores(List<Scored> rows, boolean areOfClass) {
        return rows.stream()
                .filter(row -> row.isOfClass == areOfClass)
                .mapToDouble(Scored::score)
                .sorted()
                .toArray();
    }
}
