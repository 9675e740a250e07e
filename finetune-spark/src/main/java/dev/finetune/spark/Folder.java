package dev.finetune.spark;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;
import org.slf4j.LoggerFactory;

/** A directory of files that only this library uses. */
final class Folder {
    private Folder() {}

    /** A new one that goes with this JVM. */
    static Path temporary() throws IOException {
        final Path directory = Files.createTempDirectory("finetune-spark-model");
        Runtime.getRuntime().addShutdownHook(new Thread(() -> delete(directory)));
        return directory;
    }

    /** Removes it with all that it holds, as far as that can be done. */
    static void delete(Path directory) {
        try (Stream<Path> all = Files.walk(directory)) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        } catch (IOException e) {
            LoggerFactory.getLogger(Folder.class).debug("{} stays", directory, e);
        }
    }
}
