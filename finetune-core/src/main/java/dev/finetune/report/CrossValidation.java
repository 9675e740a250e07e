package dev.finetune.report;

import dev.finetune.metrics.Metrics;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;

/**
 * What cross-validation came to.
 *
 * @param mainMetric the metric that says best how good a model is
 * @param folds the metrics of each fold, in order, of the model that was trained without it
 */
public record CrossValidation(String mainMetric, List<Metrics> folds) {
    /** Keeps its own copy. */
    public CrossValidation {
        folds = List.copyOf(folds);
    }

    /** {@return the names of the metrics} */
    public Set<String> names() {
        return folds.get(0).names();
    }

    /**
     * {@return a metric of each fold, in order}
     *
     * @param metric one of {@link #names}
     */
    public double[] values(String metric) {
        Objects.requireNonNull(metric, "metric");
        return folds.stream().mapToDouble(fold -> fold.get(metric)).toArray();
    }

    /**
     * {@return the mean of a metric over the folds}
     *
     * @param metric one of {@link #names}
     */
    public double mean(String metric) {
        Objects.requireNonNull(metric, "metric");
        double sum = 0;
        for (double value : values(metric)) {
            sum += value;
        }
        return sum / folds.size();
    }

    /**
     * {@return the sample standard deviation of a metric: sqrt(sum (x - mean)² / (folds - 1))}
     *
     * @param metric one of {@link #names}
     */
    public double standardDeviation(String metric) {
        Objects.requireNonNull(metric, "metric");
        final double mean = mean(metric);
        double sum = 0;
        for (double value : values(metric)) {
            sum += (value - mean) * (value - mean);
        }
        return Math.sqrt(sum / (folds.size() - 1));
    }

    /**
     * Writes a row per metric: its name, mean, standard deviation, and the value of each fold.
     *
     * @param file the CSV file, replaced if it is there
     */
    public void writeCsv(Path file) {
        Objects.requireNonNull(file, "file");
        final List<String> heading = new ArrayList<>(List.of("metric", "mean", "standard deviation"));
        for (int fold = 1; fold <= folds.size(); fold++) {
            heading.add("fold " + fold);
        }
        final List<List<Object>> rows = new ArrayList<>();
        for (String name : names()) {
            final List<Object> row = new ArrayList<>(List.of(name, mean(name), standardDeviation(name)));
            for (double value : values(name)) {
                row.add(value);
            }
            rows.add(row);
        }
        CsvTable.write(file, heading, rows);
    }

    /** A row per metric, the main one first: mean, standard deviation, and the value of each fold. */
    @Override
    public String toString() {
        final StringBuilder table =
                new StringBuilder(String.format(Locale.ROOT, "%-20s %9s %9s", folds.size() + " folds", "mean", "s.d."));
        for (int fold = 1; fold <= folds.size(); fold++) {
            table.append(String.format(Locale.ROOT, " %9s", "fold " + fold));
        }
        row(table, mainMetric);
        names().stream().filter(name -> !name.equals(mainMetric)).forEach(name -> row(table, name));
        return table.toString();
    }

    private void row(StringBuilder table, String name) {
        table.append(String.format(Locale.ROOT, "%n%-20s %9.4f %9.4f", name, mean(name), standardDeviation(name)));
        for (double value : values(name)) {
            table.append(String.format(Locale.ROOT, " %9.4f", value));
        }
    }
}
