package dev.finetune.search;

import dev.finetune.FineTuner;
import dev.finetune.error.FinetuneException;
import dev.finetune.metrics.MetricOrder;
import dev.finetune.report.CsvTable;
import dev.finetune.report.Plot;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What a search found. */
public final class SearchResult {
    private static final int PLOTS_IN_A_ROW = 3;

    private final MetricOrder metric;
    private final List<Trial> trials;
    private final FineTuner tuner;
    private final List<Dimension> dimensions;

    SearchResult(MetricOrder metric, List<Trial> trials, FineTuner tuner, List<Dimension> dimensions) {
        this.metric = metric;
        this.trials = List.copyOf(trials);
        this.tuner = tuner;
        this.dimensions = List.copyOf(dimensions);
    }

    /** {@return the metric that trials were compared by} */
    public String metric() {
        return metric.metric();
    }

    /** {@return all trials, in the order of their numbers} */
    public List<Trial> trials() {
        return trials;
    }

    /**
     * {@return all trials, the best first; those that were stopped follow those that finished, and those that diverged
     * or failed, or ran out of time before they were evaluated, are last}
     */
    public List<Trial> ranked() {
        return trials.stream().sorted(Leaderboard.ranking(metric)).toList();
    }

    /**
     * {@return the best of the trials that finished; the first of equally good ones}
     *
     * @throws FinetuneException if none finished, or if the metric is undefined for all that did
     */
    public Trial bestTrial() {
        final Trial first = ranked().stream()
                .filter(trial -> trial.state() == Trial.State.FINISHED)
                .findFirst()
                .orElseThrow(() -> new FinetuneException("None of the " + trials.size()
                        + " trials came to its end. Give the search more trials or time, or lower learning rates."));
        if (Double.isNaN(first.value())) {
            throw new FinetuneException("None of the trials that came to their end has a " + metric()
                    + ": it is undefined on the validation data. Validate on other data, or search by another metric.");
        }
        return first;
    }

    /**
     * {@return the tuner with the best trial's settings, ready to fit; with the trial's data it gives the same model}
     */
    public FineTuner best() {
        return tuner(bestTrial());
    }

    /**
     * {@return the tuner with a trial's settings}
     *
     * @param trial of this search
     */
    public FineTuner tuner(Trial trial) {
        FineTuner changed = tuner;
        for (int i = 0; i < dimensions.size(); i++) {
            changed = dimensions.get(i).apply(changed, trial.places().get(i));
        }
        return changed;
    }

    /**
     * Writes a row per trial, in the order of their numbers: settings, state, all metrics, seconds, and why one
     * was stopped, diverged or failed.
     *
     * @param file the CSV file, replaced if it is there
     */
    public void writeCsv(Path file) {
        final List<String> names = trials.stream()
                .flatMap(trial -> trial.metrics().keySet().stream())
                .distinct()
                .toList();
        final List<String> heading = new ArrayList<>(List.of("trial", "state"));
        dimensions.forEach(dimension -> heading.add(dimension.name()));
        heading.addAll(names);
        heading.addAll(List.of("seconds", "reason"));
        final List<List<Object>> rows = new ArrayList<>();
        for (Trial trial : trials) {
            final List<Object> row = new ArrayList<>(List.of(trial.number(), trial.state()));
            dimensions.forEach(dimension -> row.add(trial.settings().getOrDefault(dimension.name(), "")));
            names.forEach(name ->
                    row.add(trial.metrics().containsKey(name) ? trial.metrics().get(name) : ""));
            row.addAll(List.of(trial.seconds(), trial.reason()));
            rows.add(row);
        }
        CsvTable.write(file, heading, rows);
    }

    /**
     * Draws the trials to a PNG: the metric of each with the best so far, then the metric over each setting. Settings
     * without an order are at 0, 1 ... in the order of their first trial; only trials that finished are drawn.
     *
     * @param file the PNG file, replaced if it is there
     */
    public void writePlot(Path file) {
        final List<Trial> finished = trials.stream()
                .filter(trial -> trial.state() == Trial.State.FINISHED)
                .toList();
        final List<Double> values = finished.stream().map(Trial::value).toList();
        final List<Double> best = new ArrayList<>();
        for (double value : values) {
            final double before = best.isEmpty() ? value : best.get(best.size() - 1);
            best.add(metric.compare(value, before) < 0 ? value : before);
        }
        final List<Double> numbers =
                finished.stream().map(trial -> (double) trial.number()).toList();
        final List<Plot> plots = new ArrayList<>();
        plots.add(new Plot(
                Plot.Axis.of("trial"),
                Plot.Axis.of(metric()),
                List.of(
                        new Plot.Series("trial", numbers, values, false),
                        new Plot.Series("best so far", numbers, best, true))));
        for (Dimension dimension : dimensions) {
            final List<String> shown = finished.stream()
                    .map(trial -> trial.settings().getOrDefault(dimension.name(), ""))
                    .toList();
            plots.add(new Plot(
                    new Plot.Axis(dimension.name(), dimension instanceof Dimension.Real real && real.logarithmic()),
                    Plot.Axis.of(metric()),
                    List.of(new Plot.Series(metric(), positions(shown), values, false))));
        }
        Plot.writePng(file, Math.min(plots.size(), PLOTS_IN_A_ROW), plots);
    }

    /** The numbers that settings are, or their places in the order of appearance where not all are numbers. */
    private static List<Double> positions(List<String> shown) {
        try {
            return shown.stream().map(Double::valueOf).toList();
        } catch (NumberFormatException e) {
            final List<String> distinct = shown.stream().distinct().toList();
            return shown.stream()
                    .map(setting -> (double) distinct.indexOf(setting))
                    .toList();
        }
    }

    /** A row per trial, the best first. */
    @Override
    public String toString() {
        final StringBuilder table =
                new StringBuilder(String.format(Locale.ROOT, "%5s %-11s %10s %8s", "trial", "state", metric(), "s"));
        dimensions.forEach(dimension -> table.append(String.format(Locale.ROOT, " %12s", dimension.name())));
        for (Trial trial : ranked()) {
            table.append(String.format(
                    Locale.ROOT,
                    "%n%5d %-11s %10.4f %8.1f",
                    trial.number(),
                    trial.state().name().toLowerCase(Locale.ROOT),
                    trial.value(),
                    trial.seconds()));
            dimensions.forEach(dimension -> table.append(
                    String.format(Locale.ROOT, " %12s", trial.settings().get(dimension.name()))));
        }
        return table.toString();
    }
}
