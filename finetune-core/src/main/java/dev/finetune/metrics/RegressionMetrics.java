package dev.finetune.metrics;

import dev.finetune.error.FinetuneException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;

/**
 * Scores predictions of numbers as scikit-learn and SciPy do. Keeps the numbers, since ranks need them all. Several
 * targets are averaged, each counting the same. Not thread-safe.
 */
public final class RegressionMetrics {
    private final Target[] targets;

    /**
     * An empty score over so many targets.
     *
     * @param targets how many, at least 1
     */
    public RegressionMetrics(int targets) {
        this.targets = Stream.generate(Target::new).limit(targets).toArray(Target[]::new);
    }

    /**
     * Counts one example: the true value and the prediction of each target.
     *
     * @param truths one a target
     * @param predictions one a target
     * @throws FinetuneException if there is not one of each a target, or if one is not finite; then nothing is counted
     */
    public void add(double[] truths, double[] predictions) {
        check(truths, "true values");
        check(predictions, "predictions");
        for (int i = 0; i < targets.length; i++) {
            targets[i].add(truths[i], predictions[i]);
        }
    }

    private void check(double[] values, String what) {
        if (values.length != targets.length) {
            throw new FinetuneException("An example has " + values.length + " " + what + " " + Arrays.toString(values)
                    + ", but there are " + targets.length + " targets.");
        }
        if (!Arrays.stream(values).allMatch(Double::isFinite)) {
            throw new FinetuneException("An example's " + what + " are not finite: " + Arrays.toString(values)
                    + ". Where they are predictions and training made them so, a lower learning rate or a warm-up helps;"
                    + " where nothing was trained, the checkpoint holds weights that aren't finite.");
        }
    }

    /**
     * Puts in place of what it has counted what all processes have, each over its part of the same data.
     *
     * @param totals over the processes, all of which call this
     */
    public void total(Totals totals) {
        for (Target target : targets) {
            target.total(totals);
        }
    }

    /**
     * Mean squared and absolute error, the root of the squared error (of several targets the mean of their roots), R
     * squared (NaN for fewer than two examples), Pearson's and Spearman's correlation (NaN where truths or predictions
     * are all the same).
     *
     * @return what was counted so far
     */
    public Metrics result() {
        final Map<String, Double> values = new LinkedHashMap<>();
        values.put("mse", mean(Target::mse));
        values.put("rmse", mean(t -> Math.sqrt(t.mse())));
        values.put("mae", mean(Target::mae));
        values.put("r2", mean(Target::r2));
        values.put("pearson", mean(t -> pearson(t.truths(), t.predictions())));
        values.put("spearman", mean(t -> pearson(ranks(t.truths()), ranks(t.predictions()))));
        return new Metrics(values);
    }

    private double mean(ToDoubleFunction<Target> value) {
        return Arrays.stream(targets).mapToDouble(value).average().orElse(Double.NaN);
    }

    /** sum (a - mean a)(b - mean b) / sqrt(sum (a - mean a)^2 sum (b - mean b)^2). */
    private static double pearson(double[] a, double[] b) {
        if (constant(a) || constant(b)) {
            return Double.NaN;
        }
        final double meanA = Arrays.stream(a).average().orElse(Double.NaN);
        final double meanB = Arrays.stream(b).average().orElse(Double.NaN);
        double ab = 0;
        double aa = 0;
        double bb = 0;
        for (int i = 0; i < a.length; i++) {
            ab += (a[i] - meanA) * (b[i] - meanB);
            aa += (a[i] - meanA) * (a[i] - meanA);
            bb += (b[i] - meanB) * (b[i] - meanB);
        }
        final double correlation = ab / (Math.sqrt(aa) * Math.sqrt(bb));
        return Double.isNaN(correlation) ? Double.NaN : Math.max(-1, Math.min(1, correlation));
    }

    private static boolean constant(double[] values) {
        return Arrays.stream(values).allMatch(value -> value == values[0]);
    }

    /** Ranks from 1, ties sharing their mean. */
    private static double[] ranks(double[] values) {
        final double[] sorted = values.clone();
        Arrays.sort(sorted);
        final double[] rankOfPlace = new double[sorted.length];
        for (int from = 0; from < sorted.length; ) {
            int to = from;
            while (to < sorted.length && sorted[to] == sorted[from]) {
                to++;
            }
            Arrays.fill(rankOfPlace, from, to, (from + 1 + to) / 2.0);
            from = to;
        }
        // Whichever of several equal values the search hits, their rank is the same.
        return Arrays.stream(values)
                .map(value -> rankOfPlace[Arrays.binarySearch(sorted, value)])
                .toArray();
    }

    private static final class Target {
        private double[] truths = new double[64];
        private double[] predictions = new double[64];
        private int size;

        void add(double truth, double prediction) {
            if (size == truths.length) {
                truths = Arrays.copyOf(truths, Math.max(64, 2 * size));
                predictions = Arrays.copyOf(predictions, Math.max(64, 2 * size));
            }
            // -0.0 becomes 0.0, which sorts where it compares.
            truths[size] = truth + 0.0;
            predictions[size++] = prediction + 0.0;
        }

        void total(Totals totals) {
            truths = totals.joined(truths());
            predictions = totals.joined(predictions());
            size = truths.length;
        }

        double[] truths() {
            return Arrays.copyOf(truths, size);
        }

        double[] predictions() {
            return Arrays.copyOf(predictions, size);
        }

        double mse() {
            return errors(2) / size;
        }

        double mae() {
            return errors(1) / size;
        }

        /**
         * 1 - squared errors / squared distances from the mean; 1 or 0 where all true values are equal, NaN for fewer
         * than two.
         */
        double r2() {
            if (size < 2) {
                return Double.NaN;
            }
            final double mean = Arrays.stream(truths()).average().orElse(Double.NaN);
            final double spread =
                    Arrays.stream(truths()).map(t -> (t - mean) * (t - mean)).sum();
            final double errors = errors(2);
            if (spread == 0) {
                return errors == 0 ? 1 : 0;
            }
            return 1 - errors / spread;
        }

        private double errors(int power) {
            double sum = 0;
            for (int i = 0; i < size; i++) {
                sum += Math.pow(Math.abs(truths[i] - predictions[i]), power);
            }
            return sum;
        }
    }
}
