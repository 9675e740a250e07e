package dev.finetune.internal.natives;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A cache for one process, in the folder for temporary files: made anew under a name that nobody can foresee, since what lies
 * there already may be anybody's. The process holds a lock in it for as long as it lives, so that what one left behind that
 * was killed is known, and removed by the next.
 */
final class TemporaryCache {
    private static final Logger LOG = LoggerFactory.getLogger(TemporaryCache.class);
    private static final String PREFIX = "finetune-natives-";
    private static final String ALIVE = "alive";

    /** A process that has just made its directory may not have locked it yet. */
    private static final long YOUNG_SECONDS = 60;

    private static @Nullable Path made;

    /** Never closed: its lock goes with the process. */
    private static @Nullable FileChannel held;

    private TemporaryCache() {}

    /**
     * Makes one, and removes those of processes that are gone.
     *
     * @throws IOException if the folder is unsafe or can't be written; its message says why
     */
    static synchronized Path make(Path folder, Mounts mounts) throws IOException {
        final Path real = real(folder);
        final Optional<Refusal> wrong = whyNot(real, mounts);
        if (wrong.isPresent()) {
            throw new IOException(wrong.get().why());
        }
        final ProcessHandle self = ProcessHandle.current();
        final String mine = PREFIX + self.pid() + "-"
                + self.info().startInstant().map(Instant::toEpochMilli).orElse(0L) + "-";
        removeLeftBehind(real, mine);
        final Path directory = PrivateDirectory.makeNew(real, mine);
        held = FileChannel.open(directory.resolve(ALIVE), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        held.tryLock();
        made = directory;
        return directory;
    }

    private static Path real(Path folder) throws IOException {
        try {
            return folder.toRealPath();
        } catch (IOException e) {
            throw new IOException(folder + " isn't there", e);
        }
    }

    private static Optional<Refusal> whyNot(Path real, Mounts mounts) throws IOException {
        if (Ownership.isKept()) {
            final Optional<Refusal> onTheWay = new SafePath(Ownership.ofProcess(), mounts).whyNot(real);
            if (onTheWay.isPresent()) {
                return onTheWay;
            }
        }
        return PrivateDirectory.whyUnusable(real, mounts);
    }

    /** Has Java remove all that is there when it ends, without a thread of ours that would keep our classes alive. */
    static synchronized void removeAtExit() {
        if (made == null) {
            return;
        }
        try (Stream<Path> files = Files.walk(made)) {
            // The last that is named goes first: files before the directory that holds them.
            files.forEach(file -> file.toFile().deleteOnExit());
        } catch (IOException | UncheckedIOException e) {
            LOG.debug("{} will stay", made, e);
        }
    }

    private static void removeLeftBehind(Path folder, String mine) {
        try (DirectoryStream<Path> found = Files.newDirectoryStream(folder, PREFIX + "*")) {
            for (Path directory : found) {
                if (!directory.getFileName().toString().startsWith(mine) && isLeftBehind(directory)) {
                    remove(directory);
                }
            }
        } catch (IOException | UncheckedIOException e) {
            LOG.debug("What others left in {} stays", folder, e);
        }
    }

    private static boolean isLeftBehind(Path directory) throws IOException {
        if (!Files.isDirectory(directory)
                || Ownership.isKept() && Ownership.of(directory).uid() != Ownership.ofProcess()
                || Files.getLastModifiedTime(directory)
                        .toInstant()
                        .isAfter(Instant.now().minusSeconds(YOUNG_SECONDS))) {
            return false;
        }
        if (!Files.exists(directory.resolve(ALIVE))) {
            return true;
        }
        try (FileChannel channel = FileChannel.open(directory.resolve(ALIVE), StandardOpenOption.WRITE)) {
            return channel.tryLock() != null;
        } catch (OverlappingFileLockException e) {
            // Held by this process.
            return false;
        }
    }

    private static void remove(Path directory) throws IOException {
        final List<Path> files;
        try (Stream<Path> walk = Files.walk(directory)) {
            files = walk.sorted((a, b) -> b.compareTo(a)).toList();
        }
        for (Path file : files) {
            Files.deleteIfExists(file);
        }
    }
}
