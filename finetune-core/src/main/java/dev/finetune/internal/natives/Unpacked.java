package dev.finetune.internal.natives;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * What a directory of unpacked libraries holds, noted in a file there: what it held when a process had loaded all of them,
 * and from which class path; or, while one unpacks, what it held before. A process that finds all as it was noted, from
 * the same class path, writes nothing. What a process left that was killed is removed: the system's loader would follow
 * a whole library to a half-written one that it needs, and die.
 *
 * @param directory where they are
 * @param wanted tells a class path from others
 */
record Unpacked(Path directory, String wanted) {
    private static final String NOTE = "finetune.unpacked";
    private static final String LOCK = "finetune.lock";
    private static final String UNDERWAY = "unpacking";

    Path lockFile() {
        return directory.resolve(LOCK);
    }

    private Path note() {
        return directory.resolve(NOTE);
    }

    boolean isComplete() throws IOException {
        return Files.exists(note()) && Files.readString(note()).equals(text(wanted, files().values()));
    }

    /** Before anything is written; by the only process that may write. */
    void begin() throws IOException {
        final Map<Path, String> files = files();
        if (Files.exists(note())) {
            final Set<String> noted = new HashSet<>(Files.readAllLines(note()));
            if (noted.contains(UNDERWAY)) {
                for (Path file : new ArrayList<>(files.keySet())) {
                    if (!noted.contains(files.get(file))) {
                        Files.delete(file);
                        files.remove(file);
                    }
                }
            }
        }
        Files.writeString(note(), text(UNDERWAY, files.values()));
    }

    /** When all is loaded. */
    void end() throws IOException {
        Files.writeString(note(), text(wanted, files().values()));
    }

    private static String text(String head, Collection<String> lines) {
        return head + "\n" + String.join("\n", lines) + "\n";
    }

    /** A line for each file: its name, with its size and time, or with where a symbolic link leads. */
    private Map<Path, String> files() throws IOException {
        final Map<Path, String> result = new TreeMap<>();
        try (Stream<Path> walk = Files.walk(directory)) {
            walk.filter(file -> !Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS))
                    .filter(file -> !file.getFileName().toString().equals(NOTE))
                    .filter(file -> !file.getFileName().toString().endsWith(".lock"))
                    .forEach(file -> result.put(file, line(file)));
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
        return result;
    }

    private String line(Path file) {
        final Path name = directory.relativize(file);
        try {
            return Files.isSymbolicLink(file)
                    ? name + " -> " + Files.readSymbolicLink(file)
                    : name + " " + Files.size(file) + " "
                            + Files.getLastModifiedTime(file).toMillis();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
