package dev.finetune.checkpoint;

import dev.finetune.error.FinetuneException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * Tensors that share their memory with another one and are stored under its name only: safetensors' save_model notes them
 * in the metadata, {@code {"name that was left out": "name that was kept"}}, among whatever else stands there.
 */
final class TensorAliases {
    private TensorAliases() {}

    /**
     * The names that were left out, each with the one that was kept.
     *
     * @param file where the metadata was read, for messages
     * @param names of the tensors that are stored
     * @throws FinetuneException if what was kept isn't there
     */
    static Map<String, String> of(Path file, Map<String, String> metadata, Set<String> names) {
        final Map<String, String> aliases = new LinkedHashMap<>();
        metadata.forEach((alias, kept) -> {
            if (names.contains(alias)) {
                return;
            }
            if (names.contains(kept)) {
                aliases.put(alias, kept);
            } else if (isParameter(alias) && isParameter(kept)) {
                throw new FinetuneException(file + ": its metadata says that '" + alias + "' is the same tensor as '"
                        + kept + "', which isn't there; the file is incomplete: download or save it again.");
            }
        });
        return aliases;
    }

    private static boolean isParameter(String name) {
        return name.endsWith(".weight") || name.endsWith(".bias");
    }
}
