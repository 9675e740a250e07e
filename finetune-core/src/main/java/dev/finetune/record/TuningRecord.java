package dev.finetune.record;

import java.util.List;
import java.util.Optional;

/**
 * All that there is to show of an automatic tuning, as plain data.
 *
 * @param base the model that each training starts from
 * @param metric what was chosen by
 * @param reasons the choice explained, a line each
 * @param attempts all that was tried, in order
 * @param tuner the settings that were chosen; first those that differ from the defaults
 * @param data what was trained on, and what was evaluated on, if it is a data set of its own
 * @param started when it began, as ISO 8601 writes it, in UTC
 * @param givenSeconds how long it was to take
 * @param seconds how long it took
 * @param library the version of this library; empty where it doesn't come from a jar
 */
public record TuningRecord(
        String base,
        String metric,
        List<String> reasons,
        List<Attempt> attempts,
        List<Setting> tuner,
        List<DataPart> data,
        String started,
        double givenSeconds,
        double seconds,
        Optional<String> library) {
    /** Keeps its own copies. */
    public TuningRecord {
        reasons = List.copyOf(reasons);
        attempts = List.copyOf(attempts);
        tuner = List.copyOf(tuner);
        data = List.copyOf(data);
    }

    /**
     * Something that was tried.
     *
     * @param name the settings in short
     * @param reason why it was tried; where it came to nothing, why
     * @param value of the metric; NaN where it came to nothing
     * @param loss on the same data; NaN as the value
     * @param seconds how long it took
     * @param isChosen whether it was chosen
     */
    public record Attempt(String name, String reason, double value, double loss, double seconds, boolean isChosen) {}
}
