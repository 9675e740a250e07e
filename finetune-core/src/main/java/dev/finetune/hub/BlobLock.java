package dev.finetune.hub;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The right to write one blob: held by one thread of one process at a time.
 *
 * <p>It saves work, and nothing rests on it: blobs are verified and then renamed into place. On Windows it is the very
 * lock of huggingface_hub; elsewhere Python locks by flock, which Java's locks don't see, so that Java and Python may
 * fetch the same file at the same time, each correctly.
 */
final class BlobLock implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Hub.class);
    private static final Duration POLL = Duration.ofMillis(20);

    /**
     * An operating system's file lock belongs to the whole process, and closing any channel of the file drops it. So
     * only one thread of the process may have the file open, whichever Hub it works for.
     */
    private static final ConcurrentHashMap<Path, ReentrantLock> IN_PROCESS = new ConcurrentHashMap<>();

    private final ReentrantLock threads;
    private final @Nullable FileChannel channel;

    private BlobLock(ReentrantLock threads, @Nullable FileChannel channel) {
        this.threads = threads;
        this.channel = channel;
    }

    /**
     * Waits for the lock. Where the file system has no locks, only the threads of this process exclude each other.
     *
     * @throws dev.finetune.FinetuneException if the lock's file can't be made
     */
    static BlobLock acquire(Path file) throws InterruptedException {
        Path real = LocalWork.at(
                file,
                () -> Files.createDirectories(file.getParent()).toRealPath().resolve(file.getFileName()));
        ReentrantLock threads = IN_PROCESS.computeIfAbsent(real, path -> new ReentrantLock());
        threads.lockInterruptibly();
        boolean locked = false;
        try {
            BlobLock lock = new BlobLock(threads, lockFile(real));
            locked = true;
            return lock;
        } catch (IOException e) {
            throw LocalWork.failed(file, e);
        } finally {
            if (!locked) {
                threads.unlock();
            }
        }
    }

    private static @Nullable FileChannel lockFile(Path file) throws InterruptedException, IOException {
        FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        boolean locked = false;
        try {
            long told = System.nanoTime();
            while (!tryLock(channel)) {
                if (System.nanoTime() - told > Duration.ofSeconds(10).toNanos()) {
                    log.info("Still waiting for another process, which holds {}", file);
                    told = System.nanoTime();
                }
                Thread.sleep(POLL.toMillis());
            }
            locked = true;
            return channel;
        } catch (IOException | UnsupportedOperationException e) {
            log.info("No file lock at {} ({}); going on without", file, e.getMessage());
            return null;
        } finally {
            if (!locked) {
                channel.close();
            }
        }
    }

    private static boolean tryLock(FileChannel channel) throws IOException {
        try {
            FileLock lock = channel.tryLock();
            return lock != null;
        } catch (OverlappingFileLockException e) {
            // Held by this process through another class loader.
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
