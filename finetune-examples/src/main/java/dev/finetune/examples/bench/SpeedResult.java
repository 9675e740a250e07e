package dev.finetune.examples.bench;

import com.google.gson.JsonObject;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.ToDoubleFunction;

/**
 * What the pairs of a row gave.
 *
 * @param pairs at least one
 */
record SpeedResult(List<Pair> pairs) {
    /** Keeps its own copy. */
    SpeedResult {
        pairs = List.copyOf(pairs);
    }

    /**
     * A run of ours and one of the peer's after it.
     *
     * @param peer empty where there is no peer
     */
    record Pair(Job.Measured ours, Optional<Job.Measured> peer) {
        String describe(SpeedRow row) {
            return row.words(row.rate(ours))
                    + peer.map(p -> ", peer " + row.words(row.rate(p))).orElse("");
        }
    }

    /** The middle value, or the mean of the two middle ones. */
    static double median(List<Pair> pairs, ToDoubleFunction<Pair> value) {
        final double[] sorted = pairs.stream().mapToDouble(value).sorted().toArray();
        final int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    /** A line of the table. */
    String line(SpeedRow row) {
        final double ours = median(pairs, pair -> row.rate(pair.ours()));
        final double memory = median(pairs, pair -> memory(pair.ours()));
        if (!comparable()) {
            return String.format(
                    Locale.ROOT,
                    "| %s | %s | | | %.2f | | %.0f MB | | |",
                    row.name(),
                    row.words(ours),
                    row.bar(),
                    memory);
        }
        final double ratio = ratio(row);
        return String.format(
                Locale.ROOT,
                "| %s | %s | %s | %.2f | %.2f | %s | %.0f MB | %.0f MB | %.2f |",
                row.name(),
                row.words(ours),
                row.words(median(pairs, pair -> row.rate(pair.peer().orElseThrow()))),
                ratio,
                row.bar(),
                ratio >= row.bar() ? "met" : String.format(Locale.ROOT, "short by %.2f", row.bar() - ratio),
                memory,
                median(pairs, pair -> memory(pair.peer().orElseThrow())),
                memoryRatio());
    }

    /** The same as an object. */
    JsonObject json(SpeedRow row) {
        final JsonObject json = new JsonObject();
        json.addProperty("work", row.name());
        json.addProperty("ours", median(pairs, pair -> row.rate(pair.ours())));
        if (comparable()) {
            json.addProperty("ratio", ratio(row));
            json.addProperty("bar", row.bar());
            json.addProperty("memory_ratio", memoryRatio());
        }
        return json;
    }

    private boolean comparable() {
        return pairs.stream().allMatch(pair -> pair.peer().isPresent());
    }

    private double ratio(SpeedRow row) {
        return median(
                pairs, pair -> row.rate(pair.ours()) / row.rate(pair.peer().orElseThrow()));
    }

    private double memoryRatio() {
        return median(pairs, pair -> memory(pair.ours()) / memory(pair.peer().orElseThrow()));
    }

    private static double memory(Job.Measured measured) {
        return measured.json().get("peak_rss_mb").getAsDouble();
    }
}
