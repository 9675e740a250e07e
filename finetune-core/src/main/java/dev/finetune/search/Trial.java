package dev.finetune.search;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One model of a search, trained and closed.
 *
 * @param number counted from 0
 * @param settings what was tried, by the names of the dimensions
 * @param places the same as numbers from 0 to 1, from which they can be made again
 * @param state how it ended
 * @param value of the metric that is searched by, at the last evaluation; NaN where training diverged or failed
 * @param rungs the metric at each rung that it came to, by the evaluation's number
 * @param metrics all metrics of the last evaluation
 * @param seconds how long it took
 * @param reason why it was stopped, diverged or failed; empty where it came to its end
 */
public record Trial(
        int number,
        Map<String, String> settings,
        List<Double> places,
        State state,
        double value,
        Map<Integer, Double> rungs,
        Map<String, Double> metrics,
        double seconds,
        String reason) {
    /** How a trial ended. */
    public enum State {
        /** It was trained to its end. */
        FINISHED,
        /** It was worse than others and stopped early. */
        STOPPED,
        /** Its loss became infinite. */
        DIVERGED,
        /** Memory didn't suffice for it. */
        FAILED
    }

    /** Keeps its own copies. */
    public Trial {
        settings = Collections.unmodifiableMap(new LinkedHashMap<>(settings));
        places = List.copyOf(places);
        rungs = Collections.unmodifiableMap(new LinkedHashMap<>(rungs));
        metrics = Collections.unmodifiableMap(new LinkedHashMap<>(metrics));
    }

    JsonObject toJson() {
        final JsonObject json = new JsonObject();
        json.addProperty("trial", number);
        json.addProperty("state", state.name());
        json.add("value", number(value));
        final JsonObject said = new JsonObject();
        settings.forEach(said::addProperty);
        json.add("settings", said);
        final JsonArray numbers = new JsonArray();
        places.forEach(numbers::add);
        json.add("places", numbers);
        final JsonObject reached = new JsonObject();
        rungs.forEach((evaluation, at) -> reached.add(evaluation.toString(), number(at)));
        json.add("rungs", reached);
        final JsonObject all = new JsonObject();
        metrics.forEach((name, metric) -> all.add(name, number(metric)));
        json.add("metrics", all);
        json.addProperty("seconds", seconds);
        if (!reason.isEmpty()) {
            json.addProperty("reason", reason);
        }
        return json;
    }

    /** The trial that {@link #toJson} wrote; what isn't one throws some RuntimeException. */
    static Trial of(JsonObject json) {
        final Map<String, String> settings = new LinkedHashMap<>();
        json.getAsJsonObject("settings").asMap().forEach((name, value) -> settings.put(name, value.getAsString()));
        final List<Double> places = new ArrayList<>();
        json.getAsJsonArray("places").forEach(place -> places.add(place.getAsDouble()));
        final Map<Integer, Double> rungs = new LinkedHashMap<>();
        json.getAsJsonObject("rungs")
                .asMap()
                .forEach((evaluation, value) -> rungs.put(Integer.valueOf(evaluation), number(value)));
        final Map<String, Double> metrics = new LinkedHashMap<>();
        json.getAsJsonObject("metrics").asMap().forEach((name, value) -> metrics.put(name, number(value)));
        return new Trial(
                json.get("trial").getAsInt(),
                settings,
                places,
                State.valueOf(json.get("state").getAsString()),
                number(json.get("value")),
                rungs,
                metrics,
                json.get("seconds").getAsDouble(),
                json.has("reason") ? json.get("reason").getAsString() : "");
    }

    private static JsonElement number(double value) {
        return Double.isNaN(value) || Double.isInfinite(value)
                ? JsonNull.INSTANCE
                : new com.google.gson.JsonPrimitive(value);
    }

    private static double number(JsonElement value) {
        return value.isJsonNull() ? Double.NaN : value.getAsDouble();
    }
}
