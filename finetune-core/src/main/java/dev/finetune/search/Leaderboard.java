package dev.finetune.search;

import dev.finetune.metrics.MetricOrder;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The trials that ended, and what came to each rung. Thread-safe. */
final class Leaderboard {
    private final MetricOrder metric;
    private final List<Trial> trials = new ArrayList<>();
    private final Map<Integer, List<Double>> rungs = new TreeMap<>();

    Leaderboard(MetricOrder metric, List<Trial> before) {
        this.metric = metric;
        for (Trial trial : before) {
            trials.add(trial);
            trial.rungs().forEach(this::reach);
        }
    }

    MetricOrder metric() {
        return metric;
    }

    /** Trials that finished first, then those that were stopped, the later first, then those without a value. */
    static Comparator<Trial> ranking(MetricOrder metric) {
        return Comparator.comparing(Trial::state)
                .thenComparing(trial ->
                        trial.state() == Trial.State.STOPPED ? -trial.rungs().size() : 0)
                .thenComparing(Trial::value, metric)
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

    private List<Double> reach(int evaluation, double value) {
        final List<Double> all = rungs.computeIfAbsent(evaluation, any -> new ArrayList<>());
        all.add(value);
        return all;
    }

    /** Notes what a trial came to at a rung, and says whether it goes on. */
    synchronized boolean goesOn(Halving halving, int evaluation, double value) {
        final List<Double> all = reach(evaluation, value);
        final int better = (int)
                all.stream().filter(other -> metric.compare(other, value) < 0).count();
        return halving.goesOn(better, all.size());
    }
}
