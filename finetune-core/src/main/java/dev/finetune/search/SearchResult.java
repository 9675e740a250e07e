package dev.finetune.search;

import dev.finetune.FineTuner;
import dev.finetune.FinetuneException;
import dev.finetune.report.CsvTable;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What a search found. */
public final class SearchResult {
    private final String metric;
    private final List<Trial> trials;
    private final FineTuner tuner;
    private final List<Dimension> dimensions;

    SearchResult(String metric, List<Trial> trials, FineTuner tuner, List<Dimension> dimensions) {
        this.metric = metric;
        this.trials = List.copyOf(trials);
        this.tuner = tuner;
        this.dimensions = List.copyOf(dimensions);
    }

    /** The metric that trials were compared by. */
    public String metric() {
        return metric;
    }

    /** All trials, in the order of their numbers. */
    public List<Trial> trials() {
        return trials;
    }

    /** All trials, the best first; those that were stopped follow those that finished, those that diverged are last. */
    public List<Trial> ranked() {
        return trials.stream().sorted(Leaderboard.ranking(metric)).toList();
    }

    /**
     * The best of the trials that finished; the first of equally good ones.
     *
     * @throws FinetuneException if none finished
     */
    public Trial bestTrial() {
        return ranked().stream()
                .filter(trial -> trial.state() == Trial.State.FINISHED)
                .findFirst()
                .orElseThrow(() -> new FinetuneException("None of the " + trials.size()
                        + " trials came to its end. Give the search more trials or time, or lower learning rates."));
    }

    /** The tuner with the best trial's settings, ready to fit; with the trial's data it gives the same model. */
    public FineTuner best() {
        return tuner(bestTrial());
    }

    /** The tuner with a trial's settings. */
    public FineTuner tuner(Trial trial) {
        FineTuner changed = tuner;
        for (int i = 0; i < dimensions.size(); i++) {
            changed = dimensions.get(i).apply(changed, trial.places().get(i));
        }
        return changed;
    }

    /** Writes a row per trial, in the order of their numbers: settings, state, all metrics, seconds. */
    public void writeCsv(Path file) {
        final List<String> names = trials.stream()
                .flatMap(trial -> trial.metrics().keySet().stream())
                .distinct()
                .toList();
        final List<String> heading = new ArrayList<>(List.of("trial", "state"));
        dimensions.forEach(dimension -> heading.add(dimension.name()));
        heading.addAll(names);
        heading.add("seconds");
        final List<List<Object>> rows = new ArrayList<>();
        for (Trial trial : trials) {
            final List<Object> row = new ArrayList<>(List.of(trial.number(), trial.state()));
            dimensions.forEach(dimension -> row.add(trial.settings().getOrDefault(dimension.name(), "")));
            names.forEach(name ->
                    row.add(trial.metrics().containsKey(name) ? trial.metrics().get(name) : ""));
            row.add(trial.seconds());
            rows.add(row);
        }
        CsvTable.write(file, heading, rows);
    }

    /** A row per trial, the best first. */
    @Override
    public String toString() {
        final StringBuilder table =
                new StringBuilder(String.format(Locale.ROOT, "%5s %-8s %10s %8s", "trial", "state", metric, "s"));
        dimensions.forEach(dimension -> table.append(String.format(Locale.ROOT, " %12s", dimension.name())));
        for (Trial trial : ranked()) {
            table.append(String.format(
                    Locale.ROOT,
                    "%n%5d %-8s %10.4f %8.1f",
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
