package dev.finetune.internal.lint;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * Labels that are probably wrong, by confident learning (Northcutt, Jiang and Chuang, "Confident learning: estimating
 * uncertainty in dataset labels", 2021). The threshold of a class j is the mean probability of j over the rows that are
 * labelled j. A row counts in the confident joint C[i][j], i its label, if j is the most probable of the classes whose
 * threshold it reaches. Rows off the diagonal are doubtful; they are ranked by the normalized margin, p(label) - max over
 * other classes of p, the lowest first.
 *
 * @param thresholds one a class; not a number for a class that no row has
 * @param joint the confident joint, calibrated in nothing: how many rows of label i (first index) are counted as j
 * @param doubts the doubtful rows, the most doubtful first
 * @param wrongShare the estimated share of labels that are wrong: of the joint, each row of it scaled to how often its label
 *     occurs, what is off the diagonal
 */
public record ConfidentLearning(double[] thresholds, int[][] joint, List<Doubt> doubts, double wrongShare) {
    /**
     * A doubtful row.
     *
     * @param row counted from 0
     * @param probable the class that it probably is of
     * @param margin the probability of its label less the highest of another class, -1 to 1
     */
    public record Doubt(int row, int probable, double margin) {}

    /**
     * Looks for them.
     *
     * @param probabilities of each row, out of fold: one a class
     * @param labels the class of each row, as it is labelled
     */
    public static ConfidentLearning of(float[][] probabilities, int[] labels, int classes) {
        final double[] thresholds = thresholds(probabilities, labels, classes);
        final int[][] joint = new int[classes][classes];
        final List<Doubt> doubts = new ArrayList<>();
        for (int row = 0; row < labels.length; row++) {
            final float[] p = probabilities[row];
            int counted = -1;
            for (int k = 0; k < classes; k++) {
                if (p[k] >= thresholds[k] && (counted < 0 || p[k] > p[counted])) {
                    counted = k;
                }
            }
            if (counted >= 0) {
                joint[labels[row]][counted]++;
                if (counted != labels[row]) {
                    doubts.add(new Doubt(row, counted, margin(p, labels[row])));
                }
            }
        }
        doubts.sort(Comparator.comparingDouble(Doubt::margin).thenComparingInt(Doubt::row));
        return new ConfidentLearning(thresholds, joint, doubts, wrongShare(joint, labels));
    }

    private static double[] thresholds(float[][] probabilities, int[] labels, int classes) {
        final double[] sums = new double[classes];
        final int[] counts = new int[classes];
        for (int row = 0; row < labels.length; row++) {
            sums[labels[row]] += probabilities[row][labels[row]];
            counts[labels[row]]++;
        }
        for (int k = 0; k < classes; k++) {
            sums[k] /= counts[k];
        }
        return sums;
    }

    private static double margin(float[] p, int label) {
        double other = 0;
        for (int k = 0; k < p.length; k++) {
            other = k == label ? other : Math.max(other, p[k]);
        }
        return p[label] - other;
    }

    private static double wrongShare(int[][] joint, int[] labels) {
        double wrong = 0;
        for (int i = 0; i < joint.length; i++) {
            final int label = i;
            final long of = Arrays.stream(labels).filter(each -> each == label).count();
            final int all = Arrays.stream(joint[i]).sum();
            wrong += all == 0 ? 0 : (double) of * (all - joint[i][i]) / all;
        }
        return labels.length == 0 ? 0 : wrong / labels.length;
    }
}
