package dev.finetune.metrics;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;

/** Pairs of a score and a truth, kept in primitive arrays: what rank-based metrics need. Not thread-safe. */
final class Scores {
    private double[] scores = new double[64];
    private boolean[] truths = new boolean[64];
    private int size;

    void add(double score, boolean truth) {
        if (size == scores.length) {
            scores = Arrays.copyOf(scores, 2 * size);
            truths = Arrays.copyOf(truths, 2 * size);
        }
        scores[size] = score;
        truths[size++] = truth;
    }

    void merge(Scores other) {
        for (int i = 0; i < other.size; i++) {
            add(other.scores[i], other.truths[i]);
        }
    }

    private long positives() {
        return IntStream.range(0, size).filter(i -> truths[i]).count();
    }

    /**
     * The area under the ROC curve: the probability that a positive scores above a negative, ties counting one half
     * (Mann and Whitney); NaN without positives or negatives.
     */
    double auroc() {
        final long positives = positives();
        final long negatives = size - positives;
        if (positives == 0 || negatives == 0) {
            return Double.NaN;
        }
        final Integer[] order = descending();
        double above = 0;
        long seenPositives = 0;
        for (int from = 0; from < size; ) {
            int to = from;
            long tiedPositives = 0;
            long tiedNegatives = 0;
            while (to < size && scores[order[to]] == scores[order[from]]) {
                if (truths[order[to]]) {
                    tiedPositives++;
                } else {
                    tiedNegatives++;
                }
                to++;
            }
            above += tiedNegatives * (seenPositives + tiedPositives / 2.0);
            seenPositives += tiedPositives;
            from = to;
        }
        return above / ((double) positives * negatives);
    }

    /** sum over thresholds of (recall - recall before) precision, as scikit-learn; NaN without positives or negatives. */
    double averagePrecision() {
        final long positives = positives();
        if (positives == 0 || positives == size) {
            return Double.NaN;
        }
        final Integer[] order = descending();
        double sum = 0;
        long found = 0;
        for (int from = 0; from < size; ) {
            int to = from;
            long tied = 0;
            while (to < size && scores[order[to]] == scores[order[from]]) {
                tied += truths[order[to]] ? 1 : 0;
                to++;
            }
            found += tied;
            sum += (double) tied / positives * found / to;
            from = to;
        }
        return sum;
    }

    private Integer[] descending() {
        final Integer[] order = IntStream.range(0, size).boxed().toArray(Integer[]::new);
        Arrays.sort(order, Comparator.comparingDouble((Integer i) -> scores[i]).reversed());
        return order;
    }
}
