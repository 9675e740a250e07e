package dev.finetune.record;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * A part of the data: what was trained on, or evaluated on.
 *
 * @param name "training" or "validation"
 * @param description where it is from
 * @param rows how many examples it has; -1 where that isn't known (streams)
 * @param classes how often each class or tag occurs; empty where there are none, and for streams
 * @param lengths of its rows; empty for inputs that have none (pictures), and for streams
 */
public record DataPart(
        String name, String description, long rows, Map<String, Long> classes, Optional<Lengths> lengths) {
    /** Keeps its own copy of the counts, in their order. */
    public DataPart {
        classes = Collections.unmodifiableMap(new LinkedHashMap<>(classes));
    }
}
