package dev.finetune.internal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;

/**
 * The right to work on what a file stands for: held by one thread of one process at a time, and given back by the operating
 * system when a process dies. The file stays, unless {@link #isOf} and removing it go together.
 */
public final class PathLock implements AutoCloseable {
    private static final Duration POLL = Duration.ofMillis(20);
    private static final Duration TELL = Duration.ofSeconds(10);
    private static final long MOST = 1 << 20;

    /**
     * An operating system's file lock belongs to the whole process, and closing any channel of the file drops it. So only
     * one thread of the process may have the file open, whatever it works for.
     */
    private static final ConcurrentHashMap<Path, ReentrantLock> IN_PROCESS = new ConcurrentHashMap<>();

    private final ReentrantLock threads;
    private final @Nullable FileChannel channel;
    private final Logger log;

    private PathLock(ReentrantLock threads, @Nullable FileChannel channel, Logger log) {
        this.threads = threads;
        this.channel = channel;
        this.log = log;
    }

    /**
     * Waits for it. Where the file system has no locks, only the threads of this process exclude each other.
     *
     * @param file in a directory that exists; made if need be
     * @param limit how long to wait at most
     * @return empty if another held it all the while
     * @throws IOException if the file can't be made or opened
     */
    public static Optional<PathLock> acquire(Path file, Duration limit, Logger log)
            throws IOException, InterruptedException {
        final Path real = Objects.requireNonNull(file.toAbsolutePath().getParent())
                .toRealPath()
                .resolve(file.getFileName());
        final long end = System.nanoTime() + limit.toNanos();
        final ReentrantLock threads = IN_PROCESS.computeIfAbsent(real, path -> new ReentrantLock());
        // A free one is taken whether the thread is interrupted or not.
        if (!threads.tryLock() && !threads.tryLock(limit.toNanos(), TimeUnit.NANOSECONDS)) {
            return Optional.empty();
        }
        Optional<PathLock> lock = Optional.empty();
        try {
            lock = ofProcess(real, end, threads, log);
            return lock;
        } finally {
            if (lock.isEmpty()) {
                threads.unlock();
            }
        }
    }

    private static Optional<PathLock> ofProcess(Path file, long end, ReentrantLock threads, Logger log)
            throws InterruptedException, IOException {
        final FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        boolean locked = false;
        try {
            long told = System.nanoTime();
            while (!tryLock(channel)) {
                final long now = System.nanoTime();
                if (now - end >= 0) {
                    return Optional.empty();
                }
                if (now - told > TELL.toNanos()) {
                    log.info("Still waiting for another process, which holds {}", file);
                    told = now;
                }
                Thread.sleep(POLL.toMillis());
            }
            locked = true;
            return Optional.of(new PathLock(threads, channel, log));
        } catch (IOException | UnsupportedOperationException e) {
            log.info("No file lock at {} ({}); going on without", file, e.getMessage());
            return Optional.of(new PathLock(threads, null, log));
        } finally {
            if (!locked) {
                channel.close();
            }
        }
    }

    private static boolean tryLock(FileChannel channel) throws IOException {
        try {
            final FileLock lock = channel.tryLock();
            return lock != null;
        } catch (OverlappingFileLockException e) {
            return false; // Held by this process through another class loader.
        }
    }

    /** Whether other processes are kept out, too. */
    public boolean isOfProcess() {
        return channel != null;
    }

    /**
     * Whether the file that is locked is the one of that name now, and not one that another holder removed while this waited
     * for it: a length is written through the lock, and looked for under the name. (The file can't be opened a second time
     * to look into it, for closing it would drop the lock.)
     */
    public boolean isOf(Path file) throws IOException {
        if (channel == null) {
            return true;
        }
        final long length = 1 + ThreadLocalRandom.current().nextLong(MOST);
        channel.truncate(0);
        channel.write(ByteBuffer.allocate(1), length - 1);
        try {
            return Files.size(file) == length;
        } catch (NoSuchFileException e) {
            return false;
        }
    }

    @Override
    public void close() {
        try {
            if (channel != null) {
                channel.close();
            }
        } catch (IOException e) {
            log.debug("Couldn't close a lock file", e);
        } finally {
            threads.unlock();
        }
    }
}
