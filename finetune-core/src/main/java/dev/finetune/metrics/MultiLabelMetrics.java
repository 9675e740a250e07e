package dev.finetune.metrics;

import dev.finetune.error.FinetuneException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Scores any-of-several predictions at the threshold 0.5, or at one of each label's own, as scikit-learn does
 * (zero_division=0). Constant memory but for AUROC, which keeps a score per example and label. Not thread-safe.
 */
public final class MultiLabelMetrics {
    private final List<String> labels;
    private final List<Double> thresholds;
    private final long[] right;
    private final long[] predicted;
    private final long[] support;
    private final Scores[] scores;
    private long examples;
    private long exact;
    private long wrong;
    private double precisions;
    private double recalls;
    private double f1s;

    /**
     * An empty score over named labels.
     *
     * @param labels in the order of the outputs
     */
    public MultiLabelMetrics(List<String> labels) {
        this(labels, List.of());
    }

    /**
     * The same with the probability from which each label counts as predicted; 0.5 for all if there is none.
     *
     * @param labels in the order of the outputs
     * @param thresholds one a label, or none
     */
    public MultiLabelMetrics(List<String> labels, List<Double> thresholds) {
        this.labels = List.copyOf(labels);
        this.thresholds = List.copyOf(thresholds);
        this.right = new long[labels.size()];
        this.predicted = new long[labels.size()];
        this.support = new long[labels.size()];
        this.scores = Stream.generate(Scores::new).limit(labels.size()).toArray(Scores[]::new);
    }

    /**
     * Counts one example.
     *
     * @param truths 1 for each label that it has, 0 for the others
     * @param probabilities one per label
     * @throws FinetuneException if there is not one of each a label, or if a probability is NaN; then nothing is counted
     */
    public void add(float[] truths, double[] probabilities) {
        Probabilities.check(probabilities, labels);
        if (truths.length != labels.size()) {
            throw new FinetuneException("An example has " + truths.length + " true values (1 or 0), but there are "
                    + labels.size() + " labels: " + labels + ".");
        }
        long both = 0;
        long guessed = 0;
        long held = 0;
        boolean allRight = true;
        for (int i = 0; i < truths.length; i++) {
            final boolean truth = truths[i] >= 0.5f;
            final boolean guess = probabilities[i] >= (thresholds.isEmpty() ? 0.5 : thresholds.get(i));
            right[i] += truth && guess ? 1 : 0;
            predicted[i] += guess ? 1 : 0;
            support[i] += truth ? 1 : 0;
            wrong += truth != guess ? 1 : 0;
            both += truth && guess ? 1 : 0;
            guessed += guess ? 1 : 0;
            held += truth ? 1 : 0;
            allRight &= truth == guess;
            scores[i].add(probabilities[i], truth);
        }
        examples++;
        exact += allRight ? 1 : 0;
        final Average.Counts example = new Average.Counts("", both, guessed, held);
        precisions += example.precision();
        recalls += example.recall();
        f1s += example.f1();
    }

    /**
     * Puts in place of what it has counted what all processes have, each over its part of the same data.
     *
     * @param totals over the processes, all of which call this
     */
    public void total(Totals totals) {
        for (long[] counts : List.of(right, predicted, support)) {
            System.arraycopy(totals.of(counts), 0, counts, 0, counts.length);
        }
        for (Scores each : scores) {
            each.total(totals);
        }
        examples = totals.of(examples);
        exact = totals.of(exact);
        wrong = totals.of(wrong);
        precisions = totals.of(precisions);
        recalls = totals.of(recalls);
        f1s = totals.of(f1s);
    }

    /**
     * "accuracy" is the share of examples with every label right; "precision", "recall" and "f1" are micro averages. Those
     * that end in "_samples" are means over the examples of each example's own, 0 for one that has nothing to divide by.
     *
     * @return what was counted so far
     */
    public Metrics result() {
        final List<Average.Counts> classes = new ArrayList<>();
        for (int i = 0; i < labels.size(); i++) {
            classes.add(new Average.Counts(labels.get(i), right[i], predicted[i], support[i]));
        }
        final Map<String, Double> values = new LinkedHashMap<>();
        values.put("accuracy", (double) exact / examples);
        values.put("hamming_loss", wrong / ((double) examples * labels.size()));
        values.put("precision", Average.MICRO.of(classes, Average.Counts::precision));
        values.put("recall", Average.MICRO.of(classes, Average.Counts::recall));
        values.put("f1", Average.MICRO.of(classes, Average.Counts::f1));
        AverageNames.put(values, classes);
        values.put("precision_samples", precisions / examples);
        values.put("recall_samples", recalls / examples);
        values.put("f1_samples", f1s / examples);
        values.put(
                "auroc", Stream.of(scores).mapToDouble(Scores::auroc).average().orElse(Double.NaN));
        return new Metrics(values, classes.stream().map(Average.Counts::row).toList(), Optional.empty())
                .withShare("accuracy", exact, examples, 1);
    }
}
