package dev.finetune.checkpoint;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import dev.finetune.checkpoint.SafetensorsWriter.Named;
import dev.finetune.error.FinetuneException;
import dev.finetune.internal.saving.AtomicFile;
import dev.finetune.internal.saving.Change;
import dev.finetune.internal.saving.DirectorySave;
import dev.finetune.internal.saving.Disk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
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
        final Written written = new Written(tensors);
        try {
            new DirectorySave(directory, new Disk()).make(written);
        } catch (IOException e) {
            throw new FinetuneException(directory + ": the weights couldn't be written: " + e, e);
        }
        return written.names.stream().map(directory::resolve).toList();
    }

    /** The shards, in place of those that were there, which would be found instead of them or beside them. */
    private final class Written implements Change {
        private final List<Named> tensors;
        private final List<String> names = new ArrayList<>();

        private Written(List<Named> tensors) {
            this.tensors = tensors;
        }

        @Override
        public boolean isWhole() {
            return false;
        }

        @Override
        public void writeTo(Path folder) {
            final List<List<Named>> shards = split(tensors);
            if (shards.size() <= 1) {
                SafetensorsWriter.write(folder.resolve(CheckpointFiles.SINGLE), tensors, SafetensorsWriter.PT);
                names.add(CheckpointFiles.SINGLE);
                return;
            }
            final Map<String, String> fileOf = new TreeMap<>();
            for (int i = 0; i < shards.size(); i++) {
                final String name = String.format(Locale.ROOT, "model-%05d-of-%05d.safetensors", i + 1, shards.size());
                SafetensorsWriter.write(folder.resolve(name), shards.get(i), SafetensorsWriter.PT);
                names.add(name);
                shards.get(i).forEach(named -> fileOf.put(named.name(), name));
            }
            writeIndex(folder.resolve(CheckpointFiles.INDEX), fileOf, tensors);
            names.add(CheckpointFiles.INDEX);
        }

        @Override
        public Set<String> removed(Set<String> written) throws IOException {
            try (Stream<Path> files = Files.list(directory)) {
                return files.map(file -> file.getFileName().toString())
                        .filter(name -> name.equals(CheckpointFiles.SINGLE)
                                || name.equals(CheckpointFiles.INDEX)
                                || name.matches("model-[0-9]{5}-of-[0-9]{5}\\.safetensors"))
                        .collect(Collectors.toSet());
            }
        }
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

    private static void writeIndex(Path file, Map<String, String> fileOf, List<Named> tensors) {
        Map<String, Object> index = new TreeMap<>();
        index.put(
                "metadata",
                Map.of("total_size", tensors.stream().mapToLong(Named::bytes).sum()));
        index.put("weight_map", fileOf);
        byte[] bytes = (JSON.toJson(index) + "\n").getBytes(StandardCharsets.UTF_8);
        AtomicFile.write(file, channel -> {
            ByteBuffer text = ByteBuffer.wrap(bytes);
            while (text.hasRemaining()) {
                channel.write(text);
            }
        });
    }
}
