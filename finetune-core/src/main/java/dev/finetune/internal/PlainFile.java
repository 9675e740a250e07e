package dev.finetune.internal;

import dev.finetune.error.FinetuneException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Tells files from what can't be read like one: a pipe may never end or never begin, and is empty when it was read once. */
public final class PlainFile {
    private PlainFile() {}

    /**
     * Whether a file is there, or a link to one.
     *
     * @throws FinetuneException if something else is there under its name
     */
    public static boolean exists(Path path) {
        if (Files.isRegularFile(path)) {
            return true;
        }
        refuseOthers(path);
        return false;
    }

    /** What is there, if it isn't a file; empty where nothing is, too. */
    public static Optional<String> other(Path path) {
        if (Files.isDirectory(path)) {
            return Optional.of("a directory");
        }
        return Files.exists(path) && !Files.isRegularFile(path)
                ? Optional.of("a pipe, a device or a socket")
                : Optional.empty();
    }

    /**
     * Refuses what is there and isn't a file; a path where nothing is passes, to be told by who opens it.
     *
     * @throws FinetuneException naming the path and what it is
     */
    public static void refuseOthers(Path path) {
        other(path).ifPresent(found -> {
            throw new FinetuneException(
                    path + " is " + found + "; expected a file"
                            + (Files.isDirectory(path)
                                    ? "."
                                    : ", which can be read more than once and has a size. Save what it gives in a file first."));
        });
    }
}
