package dev.finetune.internal.saving;

import dev.finetune.error.FinetuneException;
import dev.finetune.internal.PathLock;
import java.io.File;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The right to write to a directory: a locked file in it, which is removed afterwards. */
public final class DirectoryLock implements AutoCloseable {
    /** What it is called. Processes that die leave it; the next writer takes it over. */
    static final String NAME = DirectorySave.OWN + ".lock";

    private static final Logger LOG = LoggerFactory.getLogger(DirectoryLock.class);

    /** Windows doesn't let others open a file that is being removed, so that there it stays. */
    private static final boolean STAYS = File.separatorChar == '\\';

    private final PathLock lock;
    private final Path file;

    private DirectoryLock(PathLock lock, Path file) {
        this.lock = lock;
        this.file = file;
    }

    /**
     * Waits for it.
     *
     * @param real the directory, without links
     * @return empty if another held it all the while
     * @throws IOException if files can't be written there
     */
    public static Optional<DirectoryLock> acquire(Path real, Duration patience) throws IOException {
        final Path file = real.resolve(NAME);
        final long end = System.nanoTime() + patience.toNanos();
        try {
            while (true) {
                make(real, file);
                final Optional<PathLock> lock =
                        PathLock.acquire(file, Duration.ofNanos(Math.max(0, end - System.nanoTime())), LOG);
                if (lock.isEmpty() || isOf(file, lock.get())) {
                    return lock.map(held -> new DirectoryLock(held, file));
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new FinetuneException(
                    "The thread was interrupted while it waited for another process or thread that writes to " + real
                            + ".",
                    e);
        }
    }

    /** Whether what is locked is the file of that name; else the lock is given back. */
    private static boolean isOf(Path file, PathLock lock) throws IOException {
        boolean is = false;
        try {
            is = STAYS || lock.isOf(file);
            return is;
        } finally {
            if (!is) {
                lock.close();
            }
        }
    }

    private static void make(Path directory, Path file) throws IOException {
        try {
            if (!Files.exists(file)) {
                Files.createFile(file);
                letAllWritersOf(directory, file);
            }
        } catch (FileAlreadyExistsException e) {
            LOG.trace("Another process made {}", file);
        }
    }

    /** Whoever may write to the directory may lock it, whoever made the lock's file. */
    private static void letAllWritersOf(Path directory, Path file) {
        try {
            final Set<PosixFilePermission> ofDirectory = Files.getPosixFilePermissions(directory);
            final Set<PosixFilePermission> ofFile =
                    EnumSet.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE);
            if (ofDirectory.contains(PosixFilePermission.GROUP_WRITE)) {
                ofFile.addAll(List.of(PosixFilePermission.GROUP_READ, PosixFilePermission.GROUP_WRITE));
            }
            if (ofDirectory.contains(PosixFilePermission.OTHERS_WRITE)) {
                ofFile.addAll(List.of(PosixFilePermission.OTHERS_READ, PosixFilePermission.OTHERS_WRITE));
            }
            Files.setPosixFilePermissions(file, ofFile);
        } catch (IOException | UnsupportedOperationException e) {
            LOG.debug("The permissions of {} stay what they are", file, e);
        }
    }

    /** Whether other processes are kept out, too. */
    boolean isOfProcess() {
        return lock.isOfProcess();
    }

    @Override
    public void close() {
        try {
            if (!STAYS) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            LOG.debug("{} stays", file, e);
        } finally {
            lock.close();
        }
    }
}
