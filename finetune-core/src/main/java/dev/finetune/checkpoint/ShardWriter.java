package dev.finetune.checkpoint;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import dev.finetune.FinetuneException;
import dev.finetune.checkpoint.SafetensorsWriter.Named;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Spreads a model's tensors over files of at most a given size, as {@code split_torch_state_dict_into_shards} of
 * huggingface_hub does: in order, a new shard whenever the next tensor wouldn't fit.
 */
final class ShardWriter {
    private static final Gson JSON =
            new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().create();

    private final Path directory;
    private final long maxShardBytes;

    ShardWriter(Path directory, long maxShardBytes) {
        this.directory = directory;
        this.maxShardBytes = maxShardBytes;
    }

    List<Path> write(List<Named> tensors) {
        List<List<Named>> shards = split(tensors);
        List<Path> written = new ArrayList<>();
        if (shards.size() <= 1) {
            Path single = directory.resolve(CheckpointFiles.SINGLE);
            SafetensorsWriter.write(single, tensors, SafetensorsWriter.PT);
            written.add(single);
        } else {
            Map<String, String> fileOf = new TreeMap<>();
            for (int i = 0; i < shards.size(); i++) {
                String name = String.format(Locale.ROOT, "model-%05d-of-%05d.safetensors", i + 1, shards.size());
                SafetensorsWriter.write(directory.resolve(name), shards.get(i), SafetensorsWriter.PT);
                written.add(directory.resolve(name));
                shards.get(i).forEach(named -> fileOf.put(named.name(), name));
            }
            written.add(writeIndex(fileOf, tensors));
        }
        removeOthers(written);
        return written;
    }

    private List<List<Named>> split(List<Named> tensors) {
        List<List<Named>> shards = new ArrayList<>();
        List<Named> current = new ArrayList<>();
        long bytes = 0;
        for (Named named : tensors) {
            if (named.bytes() > maxShardBytes) {
                shards.add(List.of(named));
                continue;
            }
            if (bytes + named.bytes() > maxShardBytes) {
                shards.add(current);
                current = new ArrayList<>();
                bytes = 0;
            }
            current.add(named);
            bytes += named.bytes();
        }
        if (!current.isEmpty()) {
            shards.add(current);
        }
        return shards;
    }

    private Path writeIndex(Map<String, String> fileOf, List<Named> tensors) {
        Map<String, Object> index = new TreeMap<>();
        index.put(
                "metadata",
                Map.of("total_size", tensors.stream().mapToLong(Named::bytes).sum()));
        index.put("weight_map", fileOf);
        Path file = directory.resolve(CheckpointFiles.INDEX);
        ByteBuffer text = StandardCharsets.UTF_8.encode(JSON.toJson(index) + "\n");
        AtomicFile.write(file, channel -> {
            while (text.hasRemaining()) {
                channel.write(text);
            }
        });
        return file;
    }

    /** Weights saved here before, with another number of shards, would be found instead of or beside the new ones. */
    private void removeOthers(List<Path> written) {
        try (Stream<Path> files = Files.list(directory)) {
            List<Path> others = files.filter(file -> !written.contains(file))
                    .filter(file -> {
                        String name = file.getFileName().toString();
                        return name.equals(CheckpointFiles.SINGLE)
                                || name.equals(CheckpointFiles.INDEX)
                                || name.matches("model-[0-9]{5}-of-[0-9]{5}\\.safetensors");
                    })
                    .toList();
            for (Path other : others) {
                Files.delete(other);
            }
        } catch (IOException e) {
            throw new FinetuneException(
                    directory + ": the weights were written, but those saved before couldn't be removed: " + e, e);
        }
    }
}
