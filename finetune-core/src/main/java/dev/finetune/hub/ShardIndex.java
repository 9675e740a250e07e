package dev.finetune.hub;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.finetune.error.FinetuneException;
import dev.finetune.internal.JsonFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;

/** The index of weights that are split over several files. */
final class ShardIndex {
    private ShardIndex() {}

    static boolean isIndex(String name) {
        return name.endsWith(".index.json");
    }

    /**
     * The names, inside the repository, of the shards that an index names, in alphabetical order.
     *
     * @param name the index's name inside the repository: shards lie beside it
     * @throws FinetuneException if the file isn't an index, is larger than the limits allow, or names a shard outside of the
     *     repository
     */
    static List<String> shards(Path index, String name, HubLimits limits) {
        String folder = name.substring(0, name.lastIndexOf('/') + 1);
        TreeSet<String> shards = new TreeSet<>();
        try {
            for (JsonElement shard : map(index, limits).asMap().values()) {
                shards.add(SafeName.require(folder + shard.getAsString(), "the weight_map of " + index));
            }
        } catch (IOException | IllegalStateException | UnsupportedOperationException e) {
            throw new FinetuneException(
                    "The index of sharded weights " + index + " can't be read: expected JSON whose 'weight_map' gives a"
                            + " file name for each weight (" + e.getMessage()
                            + "). Delete this file and its blob so that it is fetched again.",
                    e);
        }
        if (shards.size() > limits.files()) {
            throw new FinetuneException("The index of sharded weights " + index + " names " + shards.size()
                    + " files; the limit is " + limits.files() + " (HubLimits.files).");
        }
        return List.copyOf(shards);
    }

    private static JsonObject map(Path index, HubLimits limits) throws IOException {
        try {
            JsonElement json = JsonFile.read(index, limits.jsonBytes(), JsonFile.MOST_VALUES);
            if (JsonFile.object(json, index.toString()).get("weight_map") instanceof JsonObject map) {
                return map;
            }
        } catch (FinetuneException e) {
            throw new IOException(e.getMessage(), e);
        }
        throw new IOException("no weight_map");
    }
}
