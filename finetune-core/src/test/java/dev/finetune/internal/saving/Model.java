package dev.finetune.internal.saving;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/** The files of a model, made up: what is in them doesn't matter, but that they are of one model. */
record Model(Map<String, String> files) implements Change {
    private static final Set<String> OF_OTHERS = Set.of("notes.txt", "1_Pooling/notes.txt");

    /** In one file, with another format beside and a folder. */
    static Model old() {
        return new Model(Map.of(
                "config.json", "old labels",
                "model.safetensors", "old weights",
                "pytorch_model.bin", "old weights, too",
                "vocab.txt", "old words",
                "finetune.json", "old record"));
    }

    /** In shards, some files under names of the old one. */
    static Model next() {
        return new Model(Map.of(
                "config.json", "new labels!",
                "model.safetensors", "new weights",
                "model-00001-of-00002.safetensors", "new",
                "model-00002-of-00002.safetensors", "newer",
                "tokenizer.json", "new words",
                "finetune.json", "new record"));
    }

    /** A directory with a model, and with files that belong to none. */
    Path in(Path directory) throws IOException {
        new DirectorySave(directory, Dying.never()).make(this);
        Files.createDirectories(directory.resolve("1_Pooling"));
        Files.writeString(directory.resolve("1_Pooling/config.json"), "old");
        for (String name : OF_OTHERS) {
            Files.writeString(directory.resolve(name), "theirs");
        }
        return directory;
    }

    @Override
    public boolean isWhole() {
        return true;
    }

    @Override
    public void writeTo(Path folder) throws IOException {
        for (Map.Entry<String, String> file : files.entrySet()) {
            Files.writeString(folder.resolve(file.getKey()), file.getValue());
        }
    }

    @Override
    public Set<String> removed(Set<String> written) {
        final Set<String> names = new TreeSet<>(old().files.keySet());
        names.addAll(next().files.keySet());
        names.add("1_Pooling/config.json");
        return names;
    }

    /** What lies in a directory, but for what belongs to no model and what saving writes for itself. */
    static Map<String, String> found(Path directory) {
        final Map<String, String> found = new TreeMap<>();
        try {
            add(directory, "", found);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return found;
    }

    private static void add(Path directory, String folder, Map<String, String> found) throws IOException {
        try (Stream<Path> files = Files.list(directory.resolve(folder))) {
            for (Path file : files.toList()) {
                final String name = folder + file.getFileName();
                if (name.startsWith(DirectorySave.OWN) || OF_OTHERS.contains(name) || name.equals(FileList.NAME)) {
                    continue;
                }
                if (Files.isDirectory(file)) {
                    add(directory, name + "/", found);
                } else {
                    found.put(name, Files.readString(file));
                }
            }
        }
    }
}
