package dev.finetune.internal.saving;

import dev.finetune.error.FinetuneException;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.stream.Stream;

/** Writes files that are there as a whole or not at all. */
public final class AtomicFile {
    private static final String ENDING = ".tmp";

    /** What is older than this is no living process's. */
    private static final Duration SURELY_DEAD = Duration.ofDays(1);

    private AtomicFile() {}

    /** What is written; asked again where an interrupt came in between. */
    public interface Content {
        void writeTo(FileChannel channel) throws IOException;
    }

    /**
     * Writes a file as a whole; what isn't one, such as /dev/stdout, is written to as it is.
     *
     * @throws FinetuneException naming the file, if it can't be written
     */
    public static void write(Path file, byte[] bytes) {
        if (Files.exists(file) && !Files.isRegularFile(file)) {
            try {
                Files.write(file, bytes);
            } catch (IOException e) {
                throw new FinetuneException(file + ": the file couldn't be written: " + e, e);
            }
            return;
        }
        write(file, channel -> Channels.newOutputStream(channel).write(bytes));
    }

    /**
     * Writes under another name in the same directory, has the disk confirm it, and renames.
     *
     * @throws FinetuneException naming the file, if it can't be written; one that was there is then as it was
     */
    public static void write(Path file, Content content) {
        final FileOps disk = new Disk();
        final Path directory = Objects.requireNonNull(file.toAbsolutePath().getParent());
        final String start = "." + file.getFileName() + ".";
        final Path temporary = file.resolveSibling(start + UUID.randomUUID() + ENDING);
        try {
            sweep(directory, start, disk);
            Disk.uninterrupted(() -> {
                try (FileChannel channel = FileChannel.open(
                        temporary,
                        StandardOpenOption.WRITE,
                        StandardOpenOption.CREATE,
                        StandardOpenOption.TRUNCATE_EXISTING)) {
                    content.writeTo(channel);
                    channel.force(true);
                }
            });
            disk.move(temporary, file);
            disk.forceDirectory(directory);
        } catch (IOException e) {
            throw new FinetuneException(file + ": the file couldn't be written: " + e, e);
        } finally {
            try {
                disk.delete(temporary);
            } catch (IOException e) {
                // What went wrong before says more than that the leavings couldn't be removed.
            }
        }
    }

    /** Removes what processes left that died while they wrote this file. */
    private static void sweep(Path directory, String start, FileOps disk) throws IOException {
        final List<Path> left;
        try (Stream<Path> files = Files.list(directory)) {
            left = files.filter(file -> file.getFileName().toString().startsWith(start)
                            && file.getFileName().toString().endsWith(ENDING))
                    .toList();
        }
        for (Path file : left) {
            if (isLeft(file)) {
                disk.delete(file);
            }
        }
    }

    /** Whether it is so old that no living process is writing it. */
    static boolean isLeft(Path file) throws IOException {
        return Files.getLastModifiedTime(file)
                        .compareTo(FileTime.from(Instant.now().minus(SURELY_DEAD)))
                < 0;
    }
}
