package dev.finetune.fuzz;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** A directory that holds one set of files after the other; only what differs is written. */
public final class WrittenFiles {
    private final Path directory;
    private final Map<String, byte[]> written = new TreeMap<>();

    /** An empty directory, made if need be. */
    public WrittenFiles(Path directory) throws IOException {
        this.directory = Files.createDirectories(directory);
    }

    /** A directory in the heap. */
    public static WrittenFiles inHeap(String name) throws IOException {
        return new WrittenFiles(FuzzInput.newFolder().resolve(name));
    }

    /** A directory of the machine's own, in memory where it has such, which goes when the process ends. */
    static WrittenFiles temporary(String name) throws IOException {
        final Path memory = Path.of("/dev/shm");
        final Path parent = Files.isWritable(memory)
                ? Files.createTempDirectory(memory, "finetune-fuzz")
                : Files.createTempDirectory("finetune-fuzz");
        final WrittenFiles files = new WrittenFiles(parent.resolve(name));
        Runtime.getRuntime().addShutdownHook(new Thread(() -> remove(files, parent)));
        return files;
    }

    private static void remove(WrittenFiles files, Path parent) {
        try {
            files.write(Map.of());
            try (Stream<Path> found = Files.walk(parent)) {
                for (Path path : found.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(path);
                }
            }
        } catch (IOException e) {
            System.err.println(parent + " is left: " + e);
        }
    }

    /** Makes it hold these files and no others. */
    public Path write(Map<String, byte[]> files) throws IOException {
        for (String name : Map.copyOf(written).keySet()) {
            if (!files.containsKey(name)) {
                Files.delete(directory.resolve(name));
                written.remove(name);
            }
        }
        for (Map.Entry<String, byte[]> file : files.entrySet()) {
            if (!Arrays.equals(written.get(file.getKey()), file.getValue())) {
                final Path path = directory.resolve(file.getKey());
                Files.createDirectories(path.getParent());
                Files.write(path, file.getValue());
                written.put(file.getKey(), file.getValue());
            }
        }
        return directory;
    }
}
