package dev.finetune.metrics;

import dev.finetune.FinetuneException;
import java.util.Arrays;

/** Counts of (true class, predicted class). Everything that follows from the counts is computed when asked for. */
public final class ConfusionMatrix {
    private final long[][] counts;

    /** An empty matrix over so many classes. */
    public ConfusionMatrix(int classes) {
        this.counts = new long[classes][classes];
    }

    private ConfusionMatrix(long[][] counts) {
        this.counts = counts;
    }

    /** A matrix of its own with the same counts. */
    public ConfusionMatrix copy() {
        return new ConfusionMatrix(counts());
    }

    /**
     * Counts one example.
     *
     * @throws FinetuneException if there is no class of one of the indices
     */
    public void add(int truth, int predicted) {
        checked(truth, "true");
        counts[truth][checked(predicted, "predicted")]++;
    }

    private int checked(int index, String what) {
        if (index < 0 || index >= counts.length) {
            throw new FinetuneException("The " + what + " class is " + index + ", but there are " + counts.length
                    + " classes: indices run from 0 to " + (counts.length - 1) + ".");
        }
        return index;
    }

    /**
     * Adds the counts of another matrix over the same classes.
     *
     * @throws FinetuneException if the other has another number of classes
     */
    public void merge(ConfusionMatrix other) {
        if (other.counts.length != counts.length) {
            throw new FinetuneException(
                    "Counts of " + other.counts.length + " classes can't be added to counts of " + counts.length + ".");
        }
        for (int i = 0; i < counts.length; i++) {
            for (int j = 0; j < counts.length; j++) {
                counts[i][j] += other.counts[i][j];
            }
        }
    }

    /** How many classes there are. */
    public int classes() {
        return counts.length;
    }

    /** A cell. */
    public long count(int truth, int predicted) {
        return counts[truth][predicted];
    }

    /** A copy of all cells, a row per true class. */
    public long[][] counts() {
        return Arrays.stream(counts).map(long[]::clone).toArray(long[][]::new);
    }

    /** How many examples were counted. */
    public long total() {
        return Arrays.stream(counts).flatMapToLong(Arrays::stream).sum();
    }

    /** How many examples a class has. */
    public long support(int index) {
        return Arrays.stream(counts[index]).sum();
    }

    /** How often a class was predicted. */
    public long predicted(int index) {
        return Arrays.stream(counts).mapToLong(row -> row[index]).sum();
    }

    /** How many examples were predicted right. */
    public long right() {
        long right = 0;
        for (int i = 0; i < counts.length; i++) {
            right += counts[i][i];
        }
        return right;
    }

    /** The share of right predictions of a class; 0 where it was never predicted, as scikit-learn's zero_division=0. */
    public double precision(int index) {
        return ratio(counts[index][index], predicted(index));
    }

    /** The share of a class's examples that were found; 0 where it has none. */
    public double recall(int index) {
        return ratio(counts[index][index], support(index));
    }

    /** 2 right / (predicted + support): the harmonic mean of precision and recall; 0 where both are. */
    public double f1(int index) {
        return ratio(2 * counts[index][index], predicted(index) + support(index));
    }

    /** The share of examples that were predicted right. */
    public double accuracy() {
        return ratio(right(), total());
    }

    /** The mean recall over the classes that have examples. */
    public double balancedAccuracy() {
        double sum = 0;
        int classes = 0;
        for (int i = 0; i < counts.length; i++) {
            if (support(i) > 0) {
                sum += recall(i);
                classes++;
            }
        }
        return sum / classes;
    }

    /**
     * Matthews' correlation for any number of classes (Gorodkin, 2004): (c s - sum p t) / sqrt((s^2 - sum p^2) (s^2 - sum
     * t^2)), s examples, c right, p predicted and t true per class; 0 where the denominator is.
     */
    public double mcc() {
        final double s = total();
        double pt = 0;
        double pp = 0;
        double tt = 0;
        for (int i = 0; i < counts.length; i++) {
            final double p = predicted(i);
            final double t = support(i);
            pt += p * t;
            pp += p * p;
            tt += t * t;
        }
        final double denominator = (s * s - pp) * (s * s - tt);
        return denominator == 0 ? 0 : (right() * s - pt) / Math.sqrt(denominator);
    }

    /**
     * Cohen's kappa: (observed - expected) / (1 - expected) agreement; NaN where truth and predictions are all one class.
     */
    public double kappa() {
        final double s = total();
        double expected = 0;
        for (int i = 0; i < counts.length; i++) {
            expected += (predicted(i) / s) * (support(i) / s);
        }
        return expected == 1 ? Double.NaN : (accuracy() - expected) / (1 - expected);
    }

    private static double ratio(long part, long whole) {
        return whole == 0 ? 0 : (double) part / whole;
    }
}
