package dev.finetune.metrics;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Metrics as JSON that gives back every bit of them, unlike {@link Metrics#toJson}, which is for people and has no numbers that
 * aren't finite.
 */
public final class MetricsState {
    private static final String VALUES = "values";
    private static final String CLASSES = "classes";
    private static final String CONFUSION = "confusion";
    private static final String INTERVALS = "intervals";
    private static final String LOWER = "lower is better";

    private MetricsState() {}

    /**
     * {@return metrics as JSON}
     *
     * @param metrics any
     */
    public static JsonObject toJson(Metrics metrics) {
        final JsonObject json = new JsonObject();
        final JsonObject values = new JsonObject();
        metrics.names().forEach(name -> values.add(name, number(metrics.get(name))));
        json.add(VALUES, values);
        final JsonArray classes = new JsonArray();
        for (Metrics.PerClass row : metrics.perClass()) {
            final JsonArray one = new JsonArray();
            one.add(row.name());
            one.add(number(row.precision()));
            one.add(number(row.recall()));
            one.add(number(row.f1()));
            one.add(row.support());
            classes.add(one);
        }
        json.add(CLASSES, classes);
        metrics.confusion().ifPresent(matrix -> json.add(CONFUSION, cells(matrix)));
        final JsonObject intervals = new JsonObject();
        for (String name : metrics.names()) {
            metrics.interval(name).ifPresent(interval -> {
                final JsonArray one = new JsonArray();
                one.add(number(interval.low()));
                one.add(number(interval.high()));
                one.add(interval.of());
                one.add(interval.method());
                intervals.add(name, one);
            });
        }
        json.add(INTERVALS, intervals);
        final JsonArray lower = new JsonArray();
        metrics.names().stream()
                .filter(name -> !metrics.order(name).higherIsBetter())
                .forEach(lower::add);
        json.add(LOWER, lower);
        return json;
    }

    /**
     * {@return the metrics that {@link #toJson} was given}
     *
     * @param json what it gave
     */
    public static Metrics of(JsonObject json) {
        final Map<String, Double> values = new LinkedHashMap<>();
        json.getAsJsonObject(VALUES).entrySet().forEach(entry -> values.put(entry.getKey(), number(entry.getValue())));
        final List<Metrics.PerClass> classes = new ArrayList<>();
        for (JsonElement element : json.getAsJsonArray(CLASSES)) {
            final JsonArray one = element.getAsJsonArray();
            classes.add(new Metrics.PerClass(
                    one.get(0).getAsString(),
                    number(one.get(1)),
                    number(one.get(2)),
                    number(one.get(3)),
                    one.get(4).getAsLong()));
        }
        Metrics metrics = new Metrics(
                values,
                classes,
                Optional.ofNullable(json.getAsJsonArray(CONFUSION)).map(MetricsState::matrix));
        for (Map.Entry<String, JsonElement> entry :
                json.getAsJsonObject(INTERVALS).entrySet()) {
            final JsonArray one = entry.getValue().getAsJsonArray();
            metrics = metrics.with(
                    entry.getKey(),
                    new Interval(
                            number(one.get(0)),
                            number(one.get(1)),
                            one.get(2).getAsLong(),
                            one.get(3).getAsString()));
        }
        for (JsonElement name : json.getAsJsonArray(LOWER)) {
            metrics = metrics.lowerIsBetter(name.getAsString());
        }
        return metrics;
    }

    /**
     * {@return a number as JSON; as a word, where it isn't finite}
     *
     * @param value any
     */
    public static JsonElement number(double value) {
        return Double.isFinite(value) ? new JsonPrimitive(value) : new JsonPrimitive(Double.toString(value));
    }

    /**
     * {@return the number that {@link #number(double)} was given}
     *
     * @param json what it gave
     */
    public static double number(JsonElement json) {
        return Double.parseDouble(json.getAsString());
    }

    /** The counts of a confusion matrix, a list for each true class. */
    static JsonArray cells(ConfusionMatrix matrix) {
        final JsonArray rows = new JsonArray();
        for (long[] row : matrix.counts()) {
            final JsonArray cells = new JsonArray();
            for (long cell : row) {
                cells.add(cell);
            }
            rows.add(cells);
        }
        return rows;
    }

    private static ConfusionMatrix matrix(JsonArray json) {
        final long[][] counts = new long[json.size()][];
        for (int i = 0; i < counts.length; i++) {
            final JsonArray row = json.get(i).getAsJsonArray();
            counts[i] = new long[row.size()];
            for (int j = 0; j < counts[i].length; j++) {
                counts[i][j] = row.get(j).getAsLong();
            }
        }
        return ConfusionMatrix.of(counts);
    }
}
