package dev.finetune.internal.lint;

import dev.finetune.internal.Seeds;
import java.util.List;

/**
 * Multinomial logistic regression of many sparse rows, fitted by stochastic gradient descent: minimises |W|² / 2 + C sum
 * over rows of -log softmax(W x + b)[y], C = {@value #C}, as {@code dev.finetune.fewshot.LogisticRegression} does to the
 * last digit for few dense rows. The rate at step t is 1 / (l (t0 + t)) with l = 1 / (C n), and weights are kept as a factor
 * times a table, so that a step costs what a row holds (Bottou, "Stochastic gradient descent tricks", 2012). The order of
 * the rows is a function of the epoch.
 */
final class SoftmaxClassifier {
    private static final double C = 10;
    private static final double FIRST_RATE = 2;
    private static final int STEPS = 60_000;
    private static final int LEAST_EPOCHS = 6;
    private static final int MOST_EPOCHS = 400;

    /** How many numbers of rows are learned from at most, beyond the least epochs: long rows need fewer steps. */
    private static final long MOST_NUMBERS = 2_000L * STEPS;

    private final int classes;

    /** The weight of each class at a place, class by class, over {@link #scale}. */
    private final float[] weights;

    private final double[] bias;
    private double scale = 1;

    private SoftmaxClassifier(int classes, int width) {
        this.classes = classes;
        this.weights = new float[Math.multiplyExact(width, classes)];
        this.bias = new double[classes];
    }

    /** Learns the class of some rows of all. */
    static SoftmaxClassifier fit(List<SparseRow> rows, int[] truths, int[] learned, int classes, int width) {
        final SoftmaxClassifier made = new SoftmaxClassifier(classes, width);
        final int[] order = learned.clone();
        final double pull = 1 / (C * Math.max(1, order.length));
        final double first = 1 / (FIRST_RATE * pull);
        final int epochs = epochs(rows, learned);
        long step = 0;
        for (int epoch = 0; epoch < epochs; epoch++) {
            shuffle(order, epoch);
            for (int row : order) {
                made.learn(rows.get(row), truths[row], 1 / (pull * (first + step)), pull);
                step++;
            }
        }
        return made;
    }

    private static int epochs(List<SparseRow> rows, int[] learned) {
        long numbers = 1;
        for (int row : learned) {
            numbers += rows.get(row).places().length;
        }
        final long wanted = Math.min(STEPS / Math.max(1, learned.length), MOST_NUMBERS / numbers);
        return (int) Math.min(MOST_EPOCHS, Math.max(LEAST_EPOCHS, wanted));
    }

    private static void shuffle(int[] order, int epoch) {
        for (int i = order.length - 1; i > 0; i--) {
            final int j = (int) Long.remainderUnsigned(Seeds.of(epoch, i), i + 1L);
            final int moved = order[i];
            order[i] = order[j];
            order[j] = moved;
        }
    }

    private void learn(SparseRow row, int truth, double rate, double pull) {
        final float[] slopes = probabilities(row);
        slopes[truth] -= 1;
        scale *= 1 - rate * pull;
        if (scale < 1e-6) {
            for (int i = 0; i < weights.length; i++) {
                weights[i] *= (float) scale;
            }
            scale = 1;
        }
        final float step = (float) (rate / scale);
        for (int k = 0; k < classes; k++) {
            bias[k] -= rate * slopes[k];
            slopes[k] *= step;
        }
        final int[] places = row.places();
        final float[] values = row.values();
        for (int i = 0; i < places.length; i++) {
            final int at = places[i] * classes;
            for (int k = 0; k < classes; k++) {
                weights[at + k] -= slopes[k] * values[i];
            }
        }
    }

    /** The probability of each class. */
    float[] probabilities(SparseRow row) {
        final float[] sums = new float[classes];
        final int[] places = row.places();
        final float[] values = row.values();
        for (int i = 0; i < places.length; i++) {
            final int at = places[i] * classes;
            for (int k = 0; k < classes; k++) {
                sums[k] += weights[at + k] * values[i];
            }
        }
        double most = Double.NEGATIVE_INFINITY;
        for (int k = 0; k < classes; k++) {
            sums[k] = (float) (sums[k] * scale + bias[k]);
            most = Math.max(most, sums[k]);
        }
        double total = 0;
        for (int k = 0; k < classes; k++) {
            sums[k] = (float) Math.exp(sums[k] - most);
            total += sums[k];
        }
        for (int k = 0; k < classes; k++) {
            sums[k] /= (float) total;
        }
        return sums;
    }
}
