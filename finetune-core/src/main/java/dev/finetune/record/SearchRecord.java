package dev.finetune.record;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * All that there is to show of a search of settings, as plain data.
 *
 * @param base the model that each trial starts from
 * @param metric what trials are compared by
 * @param isHigherBetter whether more of it is better
 * @param search how it searches: sampler, trials, what stops them
 * @param tuner the settings that aren't searched; first those that differ from the defaults
 * @param data what was trained on, and what was evaluated on, if it is a data set of its own
 * @param dimensions the settings that are searched
 * @param trials those that ended, the best first
 * @param started when it began, as ISO 8601 writes it, in UTC
 * @param seconds how long it has taken
 * @param library the version of this library; empty where it doesn't come from a jar
 */
public record SearchRecord(
        String base,
        String metric,
        boolean isHigherBetter,
        List<Setting> search,
        List<Setting> tuner,
        List<DataPart> data,
        List<Dimension> dimensions,
        List<TrialRow> trials,
        String started,
        double seconds,
        Optional<String> library) {
    /** Keeps its own copies. */
    public SearchRecord {
        search = List.copyOf(search);
        tuner = List.copyOf(tuner);
        data = List.copyOf(data);
        dimensions = List.copyOf(dimensions);
        trials = List.copyOf(trials);
    }

    /**
     * A setting that is searched.
     *
     * @param name what it is called
     * @param range what it may be, in words
     * @param scale how its values are laid out
     * @param choices the values of one without an order; empty for numbers
     */
    public record Dimension(String name, String range, Scale scale, List<String> choices) {
        /** Keeps its own copy. */
        public Dimension {
            choices = List.copyOf(choices);
        }
    }

    /** How values of a setting are laid out. */
    public enum Scale {
        /** By differences. */
        LINEAR,
        /** By factors. */
        LOGARITHMIC,
        /** Beside each other, without an order. */
        CHOICES
    }

    /**
     * A model that was trained.
     *
     * @param number counted from 0
     * @param settings what was tried, by the names of the dimensions
     * @param state how it ended
     * @param value of the metric; NaN where there is none
     * @param metrics all of them
     * @param seconds how long it took
     * @param reason why it was stopped, diverged or failed; empty where it came to its end
     */
    public record TrialRow(
            int number,
            Map<String, String> settings,
            State state,
            double value,
            Map<String, Double> metrics,
            double seconds,
            String reason) {
        /** Keeps its own copies. */
        public TrialRow {
            settings = Collections.unmodifiableMap(new LinkedHashMap<>(settings));
            metrics = Collections.unmodifiableMap(new LinkedHashMap<>(metrics));
        }
    }

    /** How a trial ended. */
    public enum State {
        /** It was trained to its end. */
        FINISHED,
        /** It was stopped early. */
        STOPPED,
        /** Its loss became infinite. */
        DIVERGED,
        /** It couldn't be trained. */
        FAILED
    }
}
