package dev.finetune.metrics;

import java.util.Arrays;

/**
 * Scores of positives and of negatives, kept and sorted in primitive arrays: what rank-based metrics need. No score may
 * be NaN. Not thread-safe.
 */
final class Scores {
    private final Numbers positives = new Numbers();
    private final Numbers negatives = new Numbers();

    void add(double score, boolean truth) {
        // -0.0 becomes 0.0, which sorts where it compares.
        (truth ? positives : negatives).add(score + 0.0);
    }

    void merge(Scores other) {
        positives.merge(other.positives);
        negatives.merge(other.negatives);
    }

    /** Puts in place of its own scores those of all processes. */
    void total(Totals totals) {
        positives.total(totals);
        negatives.total(totals);
    }

    /**
     * The area under the ROC curve: the probability that a positive scores above a negative, ties counting one half
     * (Mann and Whitney); NaN without positives or negatives.
     */
    double auroc() {
        if (positives.size == 0 || negatives.size == 0) {
            return Double.NaN;
        }
        final double[] others = negatives.sorted();
        double above = 0;
        int lower = 0;
        int notHigher = 0;
        for (double score : positives.sorted()) {
            while (lower < others.length && others[lower] < score) {
                lower++;
            }
            while (notHigher < others.length && others[notHigher] <= score) {
                notHigher++;
            }
            above += (lower + notHigher) / 2.0;
        }
        return above / ((double) positives.size * negatives.size);
    }

    /** sum over thresholds of (recall - recall before) precision, as scikit-learn; NaN without positives or negatives. */
    double averagePrecision() {
        if (positives.size == 0 || negatives.size == 0) {
            return Double.NaN;
        }
        final double[] ours = positives.sorted();
        final double[] others = negatives.sorted();
        double sum = 0;
        int other = others.length;
        for (int to = ours.length; to > 0; ) {
            final double threshold = ours[to - 1];
            int from = to;
            while (from > 0 && ours[from - 1] == threshold) {
                from--;
            }
            while (other > 0 && others[other - 1] >= threshold) {
                other--;
            }
            final double found = ours.length - from;
            sum += (double) (to - from) / ours.length * found / (found + others.length - other);
            to = from;
        }
        return sum;
    }

    private static final class Numbers {
        private double[] values = new double[64];
        private int size;

        void add(double value) {
            if (size == values.length) {
                values = Arrays.copyOf(values, Math.max(64, 2 * size));
            }
            values[size++] = value;
        }

        void merge(Numbers other) {
            for (int i = 0; i < other.size; i++) {
                add(other.values[i]);
            }
        }

        void total(Totals totals) {
            values = totals.joined(Arrays.copyOf(values, size));
            size = values.length;
        }

        double[] sorted() {
            final double[] sorted = Arrays.copyOf(values, size);
            Arrays.sort(sorted);
            return sorted;
        }
    }
}
