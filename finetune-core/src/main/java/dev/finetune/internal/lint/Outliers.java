package dev.finetune.internal.lint;

import java.util.Arrays;

/**
 * How far numbers lie from the others, by what outliers don't move: the modified z-score 0.6745 (x - median) / MAD, with MAD
 * the median of the distances from the median (Iglewicz and Hoaglin, "How to detect and handle outliers", 1993, who look at
 * those beyond 3.5). Where half of the numbers are the same, so that MAD is 0, the mean distance takes its place: (x -
 * median) / (1.2533 mean distance); where all are the same, every score is 0.
 *
 * @param median of the numbers
 * @param scale what a distance from the median is divided by; 0 where there is nothing to divide
 */
public record Outliers(double median, double scale) {
    /** Of the numbers that are finite. */
    public static Outliers of(double[] values) {
        final double[] sorted =
                Arrays.stream(values).filter(Double::isFinite).sorted().toArray();
        if (sorted.length == 0) {
            return new Outliers(0, 0);
        }
        final double median = middle(sorted);
        final double[] distances = Arrays.stream(sorted)
                .map(value -> Math.abs(value - median))
                .sorted()
                .toArray();
        final double mad = middle(distances);
        final double mean = Arrays.stream(distances).average().orElse(0);
        final double scale = mad > 0 ? mad / 0.6745 : 1.2533 * mean;
        return new Outliers(median, Double.isFinite(scale) ? scale : 0);
    }

    private static double middle(double[] sorted) {
        final int half = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[half] : sorted[half - 1] / 2 + sorted[half] / 2;
    }

    /** The score of a number; 0 if it is none or nothing is known. */
    public double score(double value) {
        return scale > 0 && Double.isFinite(value) ? (value - median) / scale : 0;
    }
}
