package dev.finetune.report;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Where a model comes from.
 *
 * @param base the model that it was fine-tuned from: an id and its commit, or the name of a local directory or file
 * @param maxLength the longest input in tokens, 0 for what the model can take
 * @param settings every setting, one a line; first those that differ from the defaults, then the others, so marked
 * @param training what it was trained on
 * @param validation what it was evaluated on
 * @param warnings what was found that hurts
 * @param encodingSeconds how long the encoding of the data took
 */
public record Provenance(
        String base,
        int maxLength,
        String settings,
        String training,
        String validation,
        List<String> warnings,
        double encodingSeconds) {
    /** What follows a setting that nobody changed. */
    public static final String DEFAULT = " (default)";

    /** Keeps its own copy of the warnings. */
    public Provenance {
        warnings = List.copyOf(warnings);
    }

    /** {@return the settings by name, in their order, without the mark of those that are as by default} */
    public Map<String, String> settingsByName() {
        final Map<String, String> values = new LinkedHashMap<>();
        settings.lines().forEach(line -> {
            final int colon = line.indexOf(": ");
            final String value = line.substring(colon + 2);
            values.put(
                    line.substring(0, colon),
                    value.endsWith(DEFAULT) ? value.substring(0, value.length() - DEFAULT.length()) : value);
        });
        return values;
    }
}
