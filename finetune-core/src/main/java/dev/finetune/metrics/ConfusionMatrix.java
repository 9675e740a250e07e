package dev.finetune.metrics;

import dev.finetune.error.FinetuneException;
import java.util.Arrays;

/** Counts of (true class, predicted class). Everything that follows from the counts is computed when asked for. */
public final class ConfusionMatrix {
    private final long[][] counts;

    /**
     * An empty matrix over so many classes.
     *
     * @param classes how many, at least 1
     */
    public ConfusionMatrix(int classes) {
        this.counts = new long[classes][classes];
    }

    private ConfusionMatrix(long[][] counts) {
        this.counts = counts;
    }

    /** A matrix of these counts, a row a true class; not copied. */
    static ConfusionMatrix of(long[][] counts) {
        return new ConfusionMatrix(counts);
    }

    /** {@return a matrix of its own with the same counts} */
    public ConfusionMatrix copy() {
        return new ConfusionMatrix(counts());
    }

    /**
     * Counts one example.
     *
     * @param truth the index of the true class
     * @param predicted the index of the predicted class
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
     * @param other it stays as it is
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

    /** Puts in place of its own counts those of all processes. */
    void total(Totals totals) {
        for (long[] row : counts) {
            System.arraycopy(totals.of(row), 0, row, 0, row.length);
        }
    }

    /** {@return how many classes there are} */
    public int classes() {
        return counts.length;
    }

    /**
     * {@return a cell}
     *
     * @param truth the index of the true class, the row
     * @param predicted the index of the predicted class, the column
     */
    public long count(int truth, int predicted) {
        return counts[truth][predicted];
    }

    /** {@return a copy of all cells, a row per true class} */
    public long[][] counts() {
        return Arrays.stream(counts).map(long[]::clone).toArray(long[][]::new);
    }

    /** {@return how many examples were counted} */
    public long total() {
        return Arrays.stream(counts).flatMapToLong(Arrays::stream).sum();
    }

    /**
     * {@return how many examples a class has}
     *
     * @param index of the class, from 0
     */
    public long support(int index) {
        return Arrays.stream(counts[index]).sum();
    }

    /**
     * {@return how often a class was predicted}
     *
     * @param index of the class, from 0
     */
    public long predicted(int index) {
        return Arrays.stream(counts).mapToLong(row -> row[index]).sum();
    }

    /** {@return how many examples were predicted right} */
    public long right() {
        long right = 0;
        for (int i = 0; i < counts.length; i++) {
            right += counts[i][i];
        }
        return right;
    }

    /**
     * {@return the share of right predictions of a class; 0 where it was never predicted, as scikit-learn's
     * zero_division=0}
     *
     * @param index of the class, from 0
     */
    public double precision(int index) {
        return ratio(counts[index][index], predicted(index));
    }

    /**
     * {@return the share of a class's examples that were found; 0 where it has none}
     *
     * @param index of the class, from 0
     */
    public double recall(int index) {
        return ratio(counts[index][index], support(index));
    }

    /**
     * {@return 2 right / (predicted + support): the harmonic mean of precision and recall; 0 where both are}
     *
     * @param index of the class, from 0
     */
    public double f1(int index) {
        return ratio(2 * counts[index][index], predicted(index) + support(index));
    }

    /** {@return the share of examples that were predicted right} */
    public double accuracy() {
        return ratio(right(), total());
    }

    /** {@return the mean recall over the classes that have examples} */
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
     * {@return Matthews' correlation for any number of classes (Gorodkin, 2004): (c s - sum p t) / sqrt((s^2 - sum p^2)
     * (s^2 - sum t^2)), s examples, c right, p predicted and t true per class; 0 where the denominator is}
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
     * {@return Cohen's kappa: (observed - expected) / (1 - expected) agreement; NaN where truth and predictions are all
     * one class}
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
