package dev.finetune.metrics;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import dev.finetune.error.FinetuneException;
import dev.finetune.internal.Arguments;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * The result of an evaluation: numbers by name, and for classes a row each and the confusion matrix. Immutable. A metric
 * that is undefined on the data (a correlation of constants, say) is NaN. Shares of rows ("accuracy", "exact_match") of fewer
 * than 400 rows are shown with their {@link Interval}: it may reach more than five points away from them.
 */
public final class Metrics {
    /** Losses and errors that need not be said to be such. */
    private static final Set<String> LOWER_IS_BETTER =
            Set.of("loss", "log_loss", "mse", "rmse", "mae", "hamming_loss", "perplexity", "ece", "wer", "cer");

    private static final int LARGEST_TABLE = 20;
    private static final int FEW_ROWS = 400;

    private final Map<String, Double> values;
    private final List<PerClass> perClass;
    private final Optional<ConfusionMatrix> confusion;
    private final Map<String, Interval> intervals;
    private final Set<String> lower;

    /**
     * How well one class was found.
     *
     * @param name the class
     * @param precision the share of its predictions that are right; 0 where it was never predicted
     * @param recall the share of its examples that were found; 0 where it has none
     * @param f1 the harmonic mean of both; 0 where both are
     * @param support how many examples it has
     */
    public record PerClass(String name, double precision, double recall, double f1, long support) {}

    /**
     * Numbers without classes.
     *
     * @param values by the metrics' names, in the order in which they are shown
     */
    public Metrics(Map<String, Double> values) {
        this(values, List.of(), Optional.empty());
    }

    /**
     * Numbers, a row per class, and the confusion matrix if there is one.
     *
     * @param values by the metrics' names, in the order in which they are shown
     * @param perClass a row a class, or none
     * @param confusion of the predicted classes
     */
    public Metrics(Map<String, Double> values, List<PerClass> perClass, Optional<ConfusionMatrix> confusion) {
        this(values, perClass, confusion, Map.of(), Set.of());
    }

    private Metrics(
            Map<String, Double> values,
            List<PerClass> perClass,
            Optional<ConfusionMatrix> confusion,
            Map<String, Interval> intervals,
            Set<String> lower) {
        this.values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
        this.perClass = List.copyOf(perClass);
        this.confusion = confusion.map(ConfusionMatrix::copy);
        this.intervals = Collections.unmodifiableMap(new LinkedHashMap<>(intervals));
        this.lower = Set.copyOf(lower);
    }

    /**
     * {@return a metric}
     *
     * @param name such as "accuracy"
     * @throws FinetuneException if there is none of that name, with the names that there are
     */
    public double get(String name) {
        final Double value = values.get(name);
        if (value == null) {
            throw new FinetuneException("There is no metric \"" + name + "\"; there are " + values.keySet() + ".");
        }
        return value;
    }

    /** {@return the names of the metrics, in order} */
    public Set<String> names() {
        return values.keySet();
    }

    /** {@return a row per class, empty where there are no classes} */
    public List<PerClass> perClass() {
        return perClass;
    }

    /** {@return a copy of the confusion matrix of a classification} */
    public Optional<ConfusionMatrix> confusion() {
        return confusion.map(ConfusionMatrix::copy);
    }

    /**
     * {@return the same with another number, which comes first}
     *
     * @param name of the metric, new or not
     * @param value may be NaN where it is not defined
     */
    public Metrics with(String name, double value) {
        final Map<String, Double> all = new LinkedHashMap<>();
        all.put(name, value);
        values.forEach(all::putIfAbsent);
        return new Metrics(all, perClass, confusion, intervals, lower);
    }

    /** The same, knowing of one of its numbers that it is a share of rows; of no rows it stays as it is. */
    Metrics withShare(String name, long right, long of, double unit) {
        return of == 0 ? this : with(name, Interval.wilson(right, of).times(unit));
    }

    /** The same, knowing how sure one of its numbers is. */
    Metrics with(String name, Interval interval) {
        final Map<String, Interval> all = new LinkedHashMap<>(intervals);
        all.put(name, interval);
        return new Metrics(values, perClass, confusion, all, lower);
    }

    /**
     * {@return how sure a metric is: of shares of rows, and, of two classes, of precision, recall, F1 and AUROC; empty for
     * all others, such as averages over classes}
     *
     * @param name such as "accuracy"
     */
    public Optional<Interval> interval(String name) {
        return Optional.ofNullable(intervals.get(Objects.requireNonNull(name, "name")));
    }

    /**
     * {@return the same, with metrics of which smaller values are better, such as an error rate} So are "loss",
     * "log_loss", "mse", "rmse", "mae", "hamming_loss", "perplexity", "ece", "wer" and "cer" without being said to be.
     *
     * @param names of some of the metrics
     * @throws FinetuneException if there is none of a name, with the names that there are
     */
    public Metrics lowerIsBetter(String... names) {
        final Set<String> all = new HashSet<>(lower);
        for (String name : Arguments.copy("names", names)) {
            get(name);
            all.add(name);
        }
        return new Metrics(values, perClass, confusion, intervals, all);
    }

    /**
     * {@return which of two values of a metric is better}
     *
     * @param name of one of the metrics
     * @throws FinetuneException if there is none of that name, with the names that there are
     */
    public MetricOrder order(String name) {
        get(name);
        return new MetricOrder(name, !LOWER_IS_BETTER.contains(name) && !lower.contains(name));
    }

    /** {@return everything as JSON; undefined numbers are null, "intervals" has both ends of each that is shown} */
    public JsonObject toJson() {
        final JsonObject json = new JsonObject();
        values.forEach((name, value) -> json.add(name, number(value)));
        final JsonObject ends = new JsonObject();
        values.keySet()
                .forEach(name -> shown(name).ifPresent(interval -> {
                    final JsonArray both = new JsonArray();
                    both.add(interval.low());
                    both.add(interval.high());
                    ends.add(name, both);
                }));
        if (!ends.isEmpty()) {
            json.add("intervals", ends);
        }
        if (!perClass.isEmpty()) {
            final JsonObject classes = new JsonObject();
            for (PerClass row : perClass) {
                final JsonObject one = new JsonObject();
                one.add("precision", number(row.precision));
                one.add("recall", number(row.recall));
                one.add("f1", number(row.f1));
                one.addProperty("support", row.support);
                classes.add(row.name, one);
            }
            json.add("per_class", classes);
        }
        confusion.ifPresent(matrix -> json.add("confusion", MetricsState.cells(matrix)));
        return json;
    }

    private static JsonElement number(double value) {
        return Double.isNaN(value) || Double.isInfinite(value) ? JsonNull.INSTANCE : new JsonPrimitive(value);
    }

    /** Whether all numbers, counts and intervals are the same. */
    @Override
    public boolean equals(Object other) {
        return other instanceof Metrics that
                && List.copyOf(values.entrySet()).equals(List.copyOf(that.values.entrySet()))
                && perClass.equals(that.perClass)
                && Arrays.deepEquals(cells(), that.cells())
                && intervals.equals(that.intervals)
                && lowerIsBetter().equals(that.lowerIsBetter());
    }

    @Override
    public int hashCode() {
        return Objects.hash(values, perClass, Arrays.deepHashCode(cells()));
    }

    private long[][] cells() {
        return confusion.map(ConfusionMatrix::counts).orElseGet(() -> new long[0][]);
    }

    private List<String> lowerIsBetter() {
        return values.keySet().stream()
                .filter(name -> !order(name).higherIsBetter())
                .toList();
    }

    /** A table: the numbers, the classes, and the confusion matrix where there are at most 20 classes. */
    @Override
    public String toString() {
        final StringBuilder table = new StringBuilder();
        values.forEach((name, value) -> table.append(String.format(
                Locale.ROOT,
                "%-20s %.4f%s%n",
                name,
                value,
                shown(name).map(interval -> " (" + interval + ")").orElse(""))));
        if (!perClass.isEmpty()) {
            table.append(String.format(
                    Locale.ROOT, "%n%-20s %9s %9s %9s %9s%n", "class", "precision", "recall", "f1", "support"));
            for (PerClass row : perClass) {
                table.append(String.format(
                        Locale.ROOT,
                        "%-20s %9.4f %9.4f %9.4f %9d%n",
                        row.name,
                        row.precision,
                        row.recall,
                        row.f1,
                        row.support));
            }
        }
        confusion.filter(matrix -> matrix.classes() <= LARGEST_TABLE).ifPresent(matrix -> {
            table.append(String.format("%nconfusion (rows: truth, columns: predicted)%n"));
            for (int truth = 0; truth < matrix.classes(); truth++) {
                table.append(String.format(Locale.ROOT, "%-20s", name(truth)));
                for (int predicted = 0; predicted < matrix.classes(); predicted++) {
                    table.append(String.format(Locale.ROOT, " %6d", matrix.count(truth, predicted)));
                }
                table.append(System.lineSeparator());
            }
        });
        return table.toString().stripTrailing();
    }

    private Optional<Interval> shown(String name) {
        return interval(name).filter(interval -> interval.of() < FEW_ROWS);
    }

    private String name(int index) {
        return index < perClass.size() ? perClass.get(index).name() : Integer.toString(index);
    }
}
