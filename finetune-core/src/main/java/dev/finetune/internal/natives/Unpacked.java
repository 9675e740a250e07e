package dev.finetune.internal.natives;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What a directory of unpacked libraries held when a process had loaded all of them, and from which class path: if it is
 * still the same, a process with the same class path writes nothing there.
 *
 * @param directory where they are
 * @param wanted tells a class path from others
 */
record Unpacked(Path directory, String wanted) {
    private static final String NOTE = "finetune.unpacked";
    private static final String LOCK = "finetune.lock";

    Path lockFile() {
        return directory.resolve(LOCK);
    }

    boolean isComplete() throws IOException {
        final Path note = directory.resolve(NOTE);
        return Files.exists(note) && Files.readString(note).equals(state());
    }

    /** Before anything is written: what a killed process left behind is never taken for complete. */
    void begin() throws IOException {
        Files.deleteIfExists(directory.resolve(NOTE));
    }

    /** When all is loaded. */
    void end() throws IOException {
        Files.writeString(directory.resolve(NOTE), state());
    }

    private String state() throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            final List<String> lines =
                    files.flatMap(file -> line(file).stream()).sorted().toList();
            return lines.stream().collect(Collectors.joining("\n", wanted + "\n", "\n"));
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    private Optional<String> line(Path file) {
        final Path name = directory.relativize(file);
        if (Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS)
                || file.getFileName().toString().equals(NOTE)
                || file.getFileName().toString().endsWith(".lock")) {
            return Optional.empty();
        }
        try {
            return Optional.of(
                    Files.isSymbolicLink(file)
                            ? name + " -> " + Files.readSymbolicLink(file)
                            : name + " " + Files.size(file) + " "
                                    + Files.getLastModifiedTime(file).toMillis());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
