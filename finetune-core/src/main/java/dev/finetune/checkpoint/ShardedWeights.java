package dev.finetune.checkpoint;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import dev.finetune.error.FinetuneException;
import dev.finetune.internal.JsonFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;

/** Several files and the index that says which of them holds which tensor. */
final class ShardedWeights implements Weights {
    private final Path index;
    private final Map<String, Weights> shardOf;
    private final List<Weights> shards;
    private final Map<String, String> aliases;

    private ShardedWeights(
            Path index, Map<String, Weights> shardOf, List<Weights> shards, Map<String, String> metadata) {
        this.index = index;
        this.shardOf = shardOf;
        this.shards = shards;
        this.aliases = new LinkedHashMap<>(TensorAliases.of(index, metadata, shardOf.keySet()));
        shards.forEach(shard -> shard.aliases().forEach((alias, kept) -> {
            if (!shardOf.containsKey(alias) && shardOf.get(kept) == shard) {
                aliases.put(alias, kept);
            }
        }));
    }

    static ShardedWeights open(Path index) {
        JsonObject read = readIndex(index);
        Map<String, String> fileOf = files(index, read);
        Set<String> fileNames = new LinkedHashSet<>(fileOf.values());
        List<String> missing = fileNames.stream()
                .filter(name -> !Files.isRegularFile(index.resolveSibling(name)))
                .toList();
        if (!missing.isEmpty()) {
            throw new FinetuneException(index + ": of the " + fileNames.size() + " files that the index names, "
                    + String.join(", ", missing) + " can't be found beside it; download or copy them, too.");
        }
        Map<String, Weights> opened = new LinkedHashMap<>();
        try {
            for (String fileName : fileNames) {
                opened.put(fileName, CheckpointFiles.openFile(index.resolveSibling(fileName)));
            }
            return new ShardedWeights(
                    index, shardOf(index, fileOf, opened), List.copyOf(opened.values()), metadata(read));
        } catch (RuntimeException | Error e) {
            opened.values().forEach(Weights::close);
            throw e;
        }
    }

    private static Map<String, Weights> shardOf(Path index, Map<String, String> fileOf, Map<String, Weights> opened) {
        fileOf.forEach((name, fileName) -> {
            if (!Objects.requireNonNull(opened.get(fileName)).names().contains(name)) {
                throw new FinetuneException(index + ": the index says that '" + name + "' is in " + fileName
                        + ", and it isn't; the files belong to different versions of the model.");
            }
        });
        Map<String, Weights> shardOf = new LinkedHashMap<>();
        for (Map.Entry<String, Weights> shard : opened.entrySet()) {
            for (String name : shard.getValue().names()) {
                if (shard.getKey().equals(fileOf.get(name))) {
                    shardOf.put(name, shard.getValue());
                }
            }
        }
        return shardOf;
    }

    private static JsonObject readIndex(Path index) {
        JsonElement json;
        try {
            json = JsonFile.read(index);
        } catch (IOException e) {
            throw OpenFile.unread(index + ": the index", e);
        }
        if (!(json instanceof JsonObject object) || !(object.get("weight_map") instanceof JsonObject)) {
            throw broken(index, "it has no object \"weight_map\" of tensor names to file names");
        }
        return object;
    }

    /** Where huggingface_hub notes what a file alone has in its own metadata; numbers and the like are left aside. */
    private static Map<String, String> metadata(JsonObject index) {
        Map<String, String> texts = new LinkedHashMap<>();
        if (index.get("metadata") instanceof JsonObject metadata) {
            metadata.entrySet().stream()
                    .filter(entry -> entry.getValue() instanceof JsonPrimitive text && text.isString())
                    .forEach(entry -> texts.put(entry.getKey(), entry.getValue().getAsString()));
        }
        return texts;
    }

    private static Map<String, String> files(Path index, JsonObject object) {
        JsonObject map = object.getAsJsonObject("weight_map");
        Map<String, String> fileOf = new LinkedHashMap<>();
        for (Map.Entry<String, JsonElement> entry : map.entrySet()) {
            if (!entry.getValue().isJsonPrimitive()) {
                throw broken(index, "it gives no file name for '" + entry.getKey() + "'");
            }
            String fileName = entry.getValue().getAsString();
            if (!isPath(fileName)
                    || !fileName.matches("[^/\\\\:*?\"<>|\\x00-\\x1f]+")
                    || fileName.equals("..")
                    || fileName.endsWith(".index.json")) {
                throw broken(
                        index,
                        "it puts '" + entry.getKey() + "' into '" + fileName
                                + "', which is no plain name of a file beside it");
            }
            fileOf.put(entry.getKey(), fileName);
        }
        if (fileOf.isEmpty()) {
            throw broken(index, "it names no tensors");
        }
        return fileOf;
    }

    private static boolean isPath(String fileName) {
        try {
            return !Path.of(fileName).toString().isEmpty();
        } catch (InvalidPathException e) {
            return false;
        }
    }

    private static FinetuneException broken(Path index, String what) {
        return new FinetuneException(
                index + ": this is not an index of shards as Transformers writes it: " + what + ".");
    }

    @Override
    public Set<String> names() {
        return Collections.unmodifiableSet(shardOf.keySet());
    }

    @Override
    public StoredTensor describe(String name) {
        return shard(name).describe(name);
    }

    @Override
    public Tensor read(String name) {
        return shard(name).read(name);
    }

    @Override
    public Map<String, String> aliases() {
        return Collections.unmodifiableMap(aliases);
    }

    @Override
    public List<Path> files() {
        return shards.stream().flatMap(shard -> shard.files().stream()).toList();
    }

    @Override
    public List<String> notes() {
        List<String> notes = new ArrayList<>();
        shards.forEach(shard -> notes.addAll(shard.notes()));
        return notes;
    }

    @Override
    public void close() {
        shards.forEach(Weights::close);
    }

    private Weights shard(String name) {
        Weights shard = shardOf.get(name);
        if (shard == null) {
            throw OpenFile.noSuchTensor(index, name, names());
        }
        return shard;
    }
}
