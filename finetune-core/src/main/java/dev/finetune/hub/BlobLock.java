package dev.finetune.hub;

import dev.finetune.internal.PathLock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
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
    private static final Duration FOR_EVER = Duration.ofDays(365);

    private final PathLock lock;

    private BlobLock(PathLock lock) {
        this.lock = lock;
    }

    /**
     * Waits for the lock. Where the file system has no locks, only the threads of this process exclude each other.
     *
     * @throws dev.finetune.error.FinetuneException if the lock's file can't be made
     */
    static BlobLock acquire(Path file) throws InterruptedException {
        try {
            Files.createDirectories(file.toAbsolutePath().getParent());
            return new BlobLock(PathLock.acquire(file, FOR_EVER, log)
                    .orElseThrow(() -> new IOException("another process has held " + file + " for a year")));
        } catch (IOException e) {
            throw LocalWork.failed(file, e);
        }
    }

    @Override
    public void close() {
        lock.close();
    }
}
