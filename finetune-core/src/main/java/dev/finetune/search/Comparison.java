package dev.finetune.search;

import dev.finetune.metrics.MetricOrder;
import dev.finetune.search.AutoResult.Attempt;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What was tried, and which of it is best: by the metric, then by the loss. To be chosen over the settings as they are, which
 * are tried first, others must be better by more than half a standard error, so that these don't lose by chance; unless both
 * raced, or these came to nothing.
 */
final class Comparison {
    private static final MetricOrder LOSS = new MetricOrder("loss", false);

    private final MetricOrder order;
    private final DoubleSupplier examples;
    private final List<Tried> tried = new ArrayList<>();
    private @Nullable Tried best;
    private boolean race;

    /**
     * A comparison of nothing yet.
     *
     * @param order which values of the metric are better
     * @param examples how many a value is that of
     */
    Comparison(MetricOrder order, DoubleSupplier examples) {
        this.order = order;
        this.examples = examples;
    }

    /** {@return whether it is better than all before} */
    boolean add(Tried one) {
        tried.add(one);
        if (best == null || isBetter(one)) {
            best = one;
            return true;
        }
        return false;
    }

    /** Compares the first attempt, which is the only one yet, on the first of its folds alone. */
    void onFolds(int count) {
        final Tried first = tried.get(0).onFolds(count, order.metric());
        tried.set(0, first);
        best = first;
    }

    /** From now on nothing is in the favour of the settings as they are. */
    void race() {
        race = true;
    }

    boolean isRace() {
        return race;
    }

    String metric() {
        return order.metric();
    }

    boolean isEmpty() {
        return tried.isEmpty();
    }

    int size() {
        return tried.size();
    }

    /** The settings as they are. */
    Attempt first() {
        return tried.get(0).attempt();
    }

    /** All attempts in order. */
    List<Attempt> attempts() {
        return tried.stream().map(Tried::attempt).toList();
    }

    /** The best yet; the first where nothing came of any. */
    Tried best() {
        return Objects.requireNonNull(best);
    }

    /** Where those that were searched lie in the search's dimensions, the best first. */
    List<List<Double>> places() {
        return tried.stream()
                .filter(one -> !one.places().isEmpty())
                .sorted(Comparator.comparing(Tried::attempt, this::compare))
                .map(Tried::places)
                .toList();
    }

    /** The better first: by the metric, then by the loss; what diverged is last. */
    private int compare(Attempt a, Attempt b) {
        final int byMetric = order.compare(a.value(), b.value());
        return byMetric != 0 ? byMetric : LOSS.compare(a.loss(), b.loss());
    }

    private boolean isBetter(Tried one) {
        final boolean beatsBest = compare(one.attempt(), best().attempt()) < 0;
        if (race || Double.isNaN(first().value())) {
            return beatsBest;
        }
        final double gain = (one.attempt().value() - first().value()) * (order.higherIsBetter() ? 1 : -1);
        return gain > margin() && beatsBest;
    }

    /** Half a standard error of the first attempt's value, if it is a share of examples; else a hundredth of it. */
    double margin() {
        final double value = first().value();
        return value >= 0 && value <= 1 && order.higherIsBetter()
                ? 0.5 * Math.sqrt(value * (1 - value) / examples.getAsDouble())
                : 0.01 * Math.abs(value);
    }
}
