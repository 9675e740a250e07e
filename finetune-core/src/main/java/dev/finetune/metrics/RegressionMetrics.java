package dev.finetune.metrics;

import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Scores predictions of numbers as scikit-learn and SciPy do. Keeps the numbers, since ranks need them all. Several
 * targets are averaged, each counting the same. Not thread-safe.
 */
public final class RegressionMetrics {
    private final Target[] targets;

    /** An empty score over so many targets. */
    public RegressionMetrics(int targets) {
        this.targets = Stream.generate(Target::new).limit(targets).toArray(Target[]::new);
    }

    /** Counts one example: the true value and the prediction of each target. */
    public void add(double[] truths, double[] predictions) {
        for (int i = 0; i < targets.length; i++) {
            targets[i].add(truths[i], predictions[i]);
        }
    }

    /** Mean squared and absolute error, R squared, Pearson's and Spearman's correlation (NaN where undefined). */
    public Metrics result() {
        final Map<String, Double> values = new LinkedHashMap<>();
        values.put("mse", mean(Target::mse));
        values.put("rmse", Math.sqrt(values.get("mse")));
        values.put("mae", mean(Target::mae));
        values.put("r2", mean(Target::r2));
        values.put("pearson", mean(t -> pearson(t.truths(), t.predictions())));
        values.put("spearman", mean(t -> pearson(ranks(t.truths()), ranks(t.predictions()))));
        return new Metrics(values);
    }

    private double mean(java.util.function.ToDoubleFunction<Target> value) {
        return Arrays.stream(targets).mapToDouble(value).average().orElse(Double.NaN);
    }

    /** sum (a - mean a)(b - mean b) / sqrt(sum (a - mean a)^2 sum (b - mean b)^2). */
    private static double pearson(double[] a, double[] b) {
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

    /** Ranks from 1, ties sharing their mean. */
    private static double[] ranks(double[] values) {
        final Integer[] order = IntStream.range(0, values.length).boxed().toArray(Integer[]::new);
        Arrays.sort(order, Comparator.comparingDouble(i -> values[i]));
        final double[] ranks = new double[values.length];
        for (int from = 0; from < order.length; ) {
            int to = from;
            while (to < order.length && values[order[to]] == values[order[from]]) {
                to++;
            }
            for (int i = from; i < to; i++) {
                ranks[order[i]] = (from + 1 + to) / 2.0;
            }
            from = to;
        }
        return ranks;
    }

    private static final class Target {
        private double[] truths = new double[64];
        private double[] predictions = new double[64];
        private int size;

        void add(double truth, double prediction) {
            if (size == truths.length) {
                truths = Arrays.copyOf(truths, 2 * size);
                predictions = Arrays.copyOf(predictions, 2 * size);
            }
            truths[size] = truth;
            predictions[size++] = prediction;
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

        /** 1 - squared errors / squared distances from the mean; 1 or 0 where all true values are equal. */
        double r2() {
            final double mean = Arrays.stream(truths()).average().orElse(Double.NaN);
            final double spread =
                    Arrays.stream(truths()).map(t -> (t - mean) * (t - mean)).sum();
            final double errors = errors(2);
            if (spread == 0) {
                return errors == 0 ? 1 : 0;
            }
            return size < 2 ? Double.NaN : 1 - errors / spread;
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
