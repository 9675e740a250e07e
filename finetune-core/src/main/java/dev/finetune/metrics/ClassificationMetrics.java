package dev.finetune.metrics;

import dev.finetune.error.FinetuneException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Scores one-of-several predictions as scikit-learn does (zero_division=0). Constant memory but for AUROC and average
 * precision, which keep a score per example and class. Not thread-safe; accumulators of parts can be merged.
 */
public final class ClassificationMetrics {
    private static final double SMALLEST = Math.ulp(1.0);
    private static final int[] TOP = {2, 5};

    private final List<String> labels;
    private final ConfusionMatrix confusion;
    private final Scores[] scores;
    private final long[] inTop = new long[TOP.length];
    private final CalibrationError calibration = new CalibrationError();
    private double logLoss;

    /**
     * An empty score over named classes.
     *
     * @param labels the names of the classes, in the order of the outputs
     */
    public ClassificationMetrics(List<String> labels) {
        this.labels = List.copyOf(labels);
        this.confusion = new ConfusionMatrix(labels.size());
        this.scores = Stream.generate(Scores::new).limit(labels.size()).toArray(Scores[]::new);
    }

    /**
     * Counts one example; the prediction is the first of the most probable classes.
     *
     * @param truth the index of its class
     * @param probabilities one per class
     * @throws FinetuneException if there are more or fewer probabilities than classes, or one is NaN, or if there is no
     *     class of that index; then nothing is counted
     */
    public void add(int truth, double[] probabilities) {
        Probabilities.check(probabilities, labels);
        int best = 0;
        for (int i = 1; i < probabilities.length; i++) {
            best = probabilities[i] > probabilities[best] ? i : best;
        }
        add(truth, probabilities, best);
    }

    /**
     * Counts one example whose prediction was decided otherwise, by a threshold, say.
     *
     * @param truth the index of the true class
     * @param probabilities one a class, summing to 1
     * @param predicted the index of the class that was predicted
     * @throws FinetuneException as {@link #add(int, double[])}
     */
    public void add(int truth, double[] probabilities, int predicted) {
        Probabilities.check(probabilities, labels);
        if (truth < 0 || truth >= labels.size()) {
            throw new FinetuneException("An example's true class is " + truth + ", but there are " + labels.size()
                    + " classes (" + labels + "): indices run from 0 to " + (labels.size() - 1) + ".");
        }
        for (int i = 0; i < probabilities.length; i++) {
            scores[i].add(probabilities[i], i == truth);
        }
        confusion.add(truth, predicted);
        calibration.add(probabilities[predicted], truth == predicted);
        logLoss -= Math.log(Math.min(1 - SMALLEST, Math.max(SMALLEST, probabilities[truth])));
        final long before = IntStream.range(0, probabilities.length)
                .filter(i -> probabilities[i] > probabilities[truth]
                        || probabilities[i] == probabilities[truth] && i > truth)
                .count();
        for (int i = 0; i < TOP.length; i++) {
            inTop[i] += before < TOP[i] ? 1 : 0;
        }
    }

    /**
     * Adds what another accumulator over the same classes has counted.
     *
     * @param other it stays as it is
     * @throws FinetuneException if the other's classes are others
     */
    public void merge(ClassificationMetrics other) {
        if (!labels.equals(other.labels)) {
            throw new FinetuneException(
                    "Scores over " + other.labels + " can't be added to scores over " + labels + ".");
        }
        confusion.merge(other.confusion);
        calibration.merge(other.calibration);
        for (int i = 0; i < scores.length; i++) {
            scores[i].merge(other.scores[i]);
        }
        for (int i = 0; i < TOP.length; i++) {
            inTop[i] += other.inTop[i];
        }
        logLoss += other.logLoss;
    }

    /**
     * Puts in place of what it has counted what all processes have, each over its part of the same data.
     *
     * @param totals over the processes, all of which call this
     */
    public void total(Totals totals) {
        confusion.total(totals);
        calibration.total(totals);
        for (Scores each : scores) {
            each.total(totals);
        }
        System.arraycopy(totals.of(inTop), 0, inTop, 0, inTop.length);
        logLoss = totals.of(logLoss);
    }

    /**
     * {@return the metrics} "ece" is the expected calibration error in 15 bins ({@link CalibrationError}). "precision",
     * "recall" and "f1" are those of class 1 of two, the macro average of more. "auroc" is that of class 1 of two, the
     * macro average of one-against-rest of more; NaN where a class has no examples. "top2_accuracy" and "top5_accuracy"
     * exist where there are more classes than that: the share of examples whose class is among so many of the most
     * probable, of equally probable ones the later first, as scikit-learn's top_k_accuracy_score.
     */
    public Metrics result() {
        final List<Average.Counts> classes = Average.counts(confusion, labels);
        final boolean binary = labels.size() == 2;
        final Map<String, Double> values = new LinkedHashMap<>();
        values.put("accuracy", confusion.accuracy());
        values.put("precision", binary ? confusion.precision(1) : Average.MACRO.of(classes, Average.Counts::precision));
        values.put("recall", binary ? confusion.recall(1) : Average.MACRO.of(classes, Average.Counts::recall));
        values.put("f1", binary ? confusion.f1(1) : Average.MACRO.of(classes, Average.Counts::f1));
        values.put("mcc", confusion.mcc());
        values.put("balanced_accuracy", confusion.balancedAccuracy());
        values.put("kappa", confusion.kappa());
        values.put("log_loss", logLoss / confusion.total());
        values.put("ece", calibration.result());
        AverageNames.put(values, classes);
        values.put(
                "auroc",
                binary
                        ? scores[1].auroc()
                        : Stream.of(scores).mapToDouble(Scores::auroc).average().orElse(Double.NaN));
        if (binary) {
            values.put("average_precision", scores[1].averagePrecision());
        }
        for (int i = 0; i < TOP.length; i++) {
            if (labels.size() > TOP[i]) {
                values.put("top" + TOP[i] + "_accuracy", (double) inTop[i] / confusion.total());
            }
        }
        Metrics metrics = new Metrics(
                        values, classes.stream().map(Average.Counts::row).toList(), Optional.of(confusion))
                .withShare("accuracy", confusion.right(), confusion.total(), 1);
        for (int i = 0; i < TOP.length; i++) {
            metrics = labels.size() > TOP[i]
                    ? metrics.withShare("top" + TOP[i] + "_accuracy", inTop[i], confusion.total(), 1)
                    : metrics;
        }
        return binary ? withIntervals(metrics) : metrics;
    }

    /** Of two classes: of what is measured of the second. */
    private Metrics withIntervals(Metrics metrics) {
        final long right = confusion.count(1, 1);
        final long either = confusion.support(1) + confusion.predicted(1) - right;
        Metrics known = metrics.withShare("precision", right, confusion.predicted(1), 1)
                .withShare("recall", right, confusion.support(1), 1);
        if (either > 0) {
            known = known.with("f1", Interval.f1(right, either));
        }
        if (confusion.support(0) > 0 && confusion.support(1) > 0) {
            known = known.with(
                    "auroc", Interval.auroc(metrics.get("auroc"), confusion.support(1), confusion.support(0)));
        }
        return known;
    }
}
