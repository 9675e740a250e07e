package dev.finetune.train;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * What a training has to do with checkpoints.
 *
 * @param to where it writes them, if it does
 * @param from the directory of checkpoints, or the checkpoint, that it has to go on from, if there is one
 * @param settings by name, all that changes what is computed: a checkpoint of others is refused
 */
public record Checkpointing(Optional<Checkpoints> to, Optional<Path> from, Map<String, String> settings) {
    /** None are written or read. */
    static final Checkpointing NONE = new Checkpointing(Optional.empty(), Optional.empty(), Map.of());

    /** Copies the settings. */
    public Checkpointing {
        settings = Map.copyOf(settings);
    }

    boolean isNone() {
        return to.isEmpty() && from.isEmpty();
    }
}
