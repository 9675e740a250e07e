package dev.finetune.fewshot;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;

/**
 * Multinomial logistic regression, fitted as scikit-learn's: minimises |W|² / 2 + C sum over rows of -log softmax(W x +
 * b)[y]; the bias b isn't punished. Of two classes it takes half of C, which gives the decisions and probabilities of
 * scikit-learn's single vector of weights, the difference of the two here. Solved by L-BFGS (Nocedal, 1980) with halved
 * steps, in double precision.
 */
public final class LogisticRegression {
    private static final int MEMORY = 10;
    private static final int ITERATIONS = 500;
    private static final double TOLERANCE = 1e-6;

    private final List<float[]> rows;
    private final int[] truths;
    private final int classes;
    private final int width;
    private final double c;

    private LogisticRegression(List<float[]> rows, int[] truths, int classes, double c) {
        this.rows = rows;
        this.truths = truths;
        this.classes = classes;
        this.width = rows.get(0).length;
        this.c = c;
    }

    /**
     * What was fitted.
     *
     * @param weight (classes, width), row-major
     * @param bias one per class; they sum to 0
     */
    public record Fit(float[] weight, float[] bias) {}

    /**
     * Fits weights.
     *
     * @param rows the vectors, all of one width; at least one
     * @param truths the class of each
     * @param classes how many classes there are
     * @param c the inverse strength of the pull toward 0
     * @return the weights, and how the fit ended
     */
    public static Fit fit(List<float[]> rows, int[] truths, int classes, double c) {
        return new LogisticRegression(rows, truths, classes, classes == 2 ? c / 2 : c).solve();
    }

    /** The loss at a point (weights, then biases), and its gradient. */
    private double loss(double[] at, double[] gradient) {
        final int weights = classes * width;
        double loss = 0;
        for (int i = 0; i < weights; i++) {
            loss += at[i] * at[i] / 2;
            gradient[i] = at[i];
        }
        for (int k = 0; k < classes; k++) {
            gradient[weights + k] = 0;
        }
        final double[] p = new double[classes];
        for (int row = 0; row < truths.length; row++) {
            final float[] x = rows.get(row);
            double max = Double.NEGATIVE_INFINITY;
            for (int k = 0; k < classes; k++) {
                double sum = at[weights + k];
                for (int i = 0; i < width; i++) {
                    sum += at[k * width + i] * x[i];
                }
                p[k] = sum;
                max = Math.max(max, sum);
            }
            double total = 0;
            for (int k = 0; k < classes; k++) {
                total += Math.exp(p[k] - max);
            }
            final double log = max + Math.log(total);
            loss += c * (log - p[truths[row]]);
            for (int k = 0; k < classes; k++) {
                final double slope = c * (Math.exp(p[k] - log) - (k == truths[row] ? 1 : 0));
                for (int i = 0; i < width; i++) {
                    gradient[k * width + i] += slope * x[i];
                }
                gradient[weights + k] += slope;
            }
        }
        return loss;
    }

    /** A step that was made, and how the gradient changed by it. */
    private record Change(double[] step, double[] gradient, double product) {}

    private Fit solve() {
        double[] at = new double[classes * (width + 1)];
        double[] gradient = new double[at.length];
        double loss = loss(at, gradient);
        final Deque<Change> memory = new ArrayDeque<>();
        for (int iteration = 0; iteration < ITERATIONS && largest(gradient) > TOLERANCE; iteration++) {
            final double[] direction = direction(gradient, memory);
            final double slope = dot(direction, gradient);
            double size = memory.isEmpty() ? Math.min(1, 1 / Math.sqrt(dot(gradient, gradient))) : 1;
            double[] next = at;
            final double[] nextGradient = new double[at.length];
            double nextLoss = Double.POSITIVE_INFINITY;
            for (int tries = 0; tries < 50 && !(nextLoss <= loss + 1e-4 * size * slope); tries++) {
                size = tries == 0 ? size : size / 2;
                next = moved(at, direction, size);
                nextLoss = loss(next, nextGradient);
            }
            final double[] step = moved(next, at, -1);
            final double[] change = moved(nextGradient, gradient, -1);
            final double product = dot(step, change);
            if (!(product > 0)) {
                break; // No step is left that floating point could tell.
            }
            memory.addLast(new Change(step, change, product));
            if (memory.size() > MEMORY) {
                memory.removeFirst();
            }
            at = next;
            gradient = nextGradient;
            loss = nextLoss;
        }
        return result(at);
    }

    /** The two loops of L-BFGS. */
    private static double[] direction(double[] gradient, Deque<Change> memory) {
        double[] q = moved(gradient, gradient, -2);
        final double[] factors = new double[memory.size()];
        int i = memory.size();
        for (Iterator<Change> latest = memory.descendingIterator(); latest.hasNext(); ) {
            final Change change = latest.next();
            factors[--i] = dot(change.step, q) / change.product;
            q = moved(q, change.gradient, -factors[i]);
        }
        if (!memory.isEmpty()) {
            final Change last = memory.getLast();
            final double scale = last.product / dot(last.gradient, last.gradient);
            q = moved(q, q, scale - 1);
        }
        for (Change change : memory) {
            final double factor = dot(change.gradient, q) / change.product;
            q = moved(q, change.step, factors[i++] - factor);
        }
        return q;
    }

    private Fit result(double[] at) {
        final float[] weight = new float[classes * width];
        final float[] bias = new float[classes];
        double mean = 0;
        for (int k = 0; k < classes; k++) {
            mean += at[classes * width + k] / classes;
        }
        for (int i = 0; i < weight.length; i++) {
            weight[i] = (float) at[i];
        }
        for (int k = 0; k < classes; k++) {
            bias[k] = (float) (at[classes * width + k] - mean);
        }
        return new Fit(weight, bias);
    }

    private static double[] moved(double[] from, double[] by, double factor) {
        final double[] sum = new double[from.length];
        for (int i = 0; i < sum.length; i++) {
            sum[i] = from[i] + factor * by[i];
        }
        return sum;
    }

    private static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i] * b[i];
        }
        return sum;
    }

    private static double largest(double[] values) {
        double largest = 0;
        for (double value : values) {
            largest = Math.max(largest, Math.abs(value));
        }
        return largest;
    }
}
