package dev.finetune.search;

import dev.finetune.metrics.Metrics;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The trials that ended, and what came to each rung. Thread-safe. */
final class Leaderboard {
    private final String metric;
    private final List<Trial> trials = new ArrayList<>();
    private final Map<Integer, List<Double>> rungs = new TreeMap<>();

    Leaderboard(String metric, List<Trial> before) {
        this.metric = metric;
        for (Trial trial : before) {
            trials.add(trial);
            trial.rungs().forEach(this::reach);
        }
    }

    String metric() {
        return metric;
    }

    /** The order of values, the best first, NaN last. */
    static Comparator<Double> order(String metric) {
        final double sign = Metrics.higherIsBetter(metric) ? -1 : 1;
        return Comparator.comparingDouble(value -> Double.isNaN(value) ? Double.POSITIVE_INFINITY : sign * value);
    }

    /** Trials that finished first, then those that were stopped, the later first, then those without a value. */
    static Comparator<Trial> ranking(String metric) {
        return Comparator.comparing(Trial::state)
                .thenComparing(trial ->
                        trial.state() == Trial.State.STOPPED ? -trial.rungs().size() : 0)
                .thenComparing(Trial::value, order(metric))
                .thenComparing(Trial::number);
    }

    synchronized void add(Trial trial) {
        trials.add(trial);
    }

    /** All trials in the order of their numbers. */
    synchronized List<Trial> trials() {
        return trials.stream().sorted(Comparator.comparing(Trial::number)).toList();
    }

    /** The places of all trials, the best first. */
    synchronized List<List<Double>> ranked() {
        return trials.stream().sorted(ranking(metric)).map(Trial::places).toList();
    }

    private void reach(int evaluation, double value) {
        rungs.computeIfAbsent(evaluation, any -> new ArrayList<>()).add(value);
    }

    /** Notes what a trial came to at a rung, and says whether it goes on. */
    synchronized boolean goesOn(Halving halving, int evaluation, double value) {
        reach(evaluation, value);
        final List<Double> all = rungs.get(evaluation);
        final Comparator<Double> order = order(metric);
        final int better = (int)
                all.stream().filter(other -> order.compare(other, value) < 0).count();
        return halving.goesOn(better, all.size());
    }
}
