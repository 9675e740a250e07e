package dev.finetune;

import java.util.List;

/**
 * Where a model comes from.
 *
 * @param base the model that it was fine-tuned from: a directory, or an id and its commit
 * @param maxLength the longest input in tokens, 0 for what the model can take
 * @param settings every setting, one a line
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
    /** Keeps its own copy of the warnings. */
    public Provenance {
        warnings = List.copyOf(warnings);
    }
}
