package dev.finetune.metrics;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Whether predictions are right as often as they say. Confidences are put into equal bins of (0, 1]; the expected
 * calibration error is the sum over bins of (share of all predictions) |accuracy - mean confidence| (Naeini et al., 2015;
 * Guo et al., "On calibration of modern neural networks", 2017). Constant memory. Not thread-safe.
 */
public final class CalibrationError {
    /** How many bins Guo et al. take. */
    public static final int BINS = 15;

    private final long[] counts;
    private final long[] right;
    private final double[] confidences;

    /** An empty score with 15 bins. */
    public CalibrationError() {
        this(BINS);
    }

    /**
     * An empty score with a number of bins.
     *
     * @param bins how many parts of equal width the confidences from 0 to 1 are counted in
     */
    public CalibrationError(int bins) {
        this.counts = new long[bins];
        this.right = new long[bins];
        this.confidences = new double[bins];
    }

    /**
     * A bin of the reliability diagram.
     *
     * @param from the confidence above which it begins
     * @param to the confidence up to which it goes
     * @param count how many predictions it holds
     * @param confidence their mean confidence; 0 where it holds none
     * @param accuracy how many of them are right, as a share; 0 where it holds none
     */
    public record Bin(double from, double to, long count, double confidence, double accuracy) {}

    /**
     * Counts one prediction.
     *
     * @param confidence the probability of what was predicted, from 0 to 1
     * @param isRight whether the prediction was true
     */
    public void add(double confidence, boolean isRight) {
        final int bin = Math.max(0, Math.min(counts.length - 1, (int) Math.ceil(confidence * counts.length) - 1));
        counts[bin]++;
        right[bin] += isRight ? 1 : 0;
        confidences[bin] += confidence;
    }

    /**
     * Adds what another with as many bins has counted.
     *
     * @param other it stays as it is
     */
    public void merge(CalibrationError other) {
        for (int i = 0; i < counts.length; i++) {
            counts[i] += other.counts[i];
            right[i] += other.right[i];
            confidences[i] += other.confidences[i];
        }
    }

    /** Puts in place of its own counts those of all processes. */
    void total(Totals totals) {
        System.arraycopy(totals.of(counts), 0, counts, 0, counts.length);
        System.arraycopy(totals.of(right), 0, right, 0, right.length);
        System.arraycopy(totals.of(confidences), 0, confidences, 0, confidences.length);
    }

    /** {@return the expected calibration error, 0 (best) to 1; NaN of nothing} */
    public double result() {
        double error = 0;
        long all = 0;
        for (int i = 0; i < counts.length; i++) {
            error += Math.abs(right[i] - confidences[i]);
            all += counts[i];
        }
        return all == 0 ? Double.NaN : error / all;
    }

    /** {@return the bins in order: what a reliability diagram shows} */
    public List<Bin> bins() {
        final List<Bin> bins = new ArrayList<>();
        final double width = 1.0 / counts.length;
        for (int i = 0; i < counts.length; i++) {
            final double count = Math.max(1, counts[i]);
            bins.add(new Bin(i * width, (i + 1) * width, counts[i], confidences[i] / count, right[i] / count));
        }
        return bins;
    }

    /** A row per bin that holds anything. */
    @Override
    public String toString() {
        final StringBuilder table = new StringBuilder(
                String.format(Locale.ROOT, "%-14s %8s %10s %10s%n", "confidence", "count", "mean", "accuracy"));
        for (Bin bin : bins()) {
            if (bin.count > 0) {
                table.append(String.format(
                        Locale.ROOT,
                        "%.3f to %.3f %8d %10.4f %10.4f%n",
                        bin.from,
                        bin.to,
                        bin.count,
                        bin.confidence,
                        bin.accuracy));
            }
        }
        return table.append(String.format(Locale.ROOT, "expected calibration error %.4f", result()))
                .toString();
    }
}
