package dev.finetune.internal.natives;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A file's lock, held by several processes that only read, or by one that writes. It ends with its process, however that
 * ends. Only one thread of a process may use one at a time: a file's locks belong to the process, and closing any
 * channel of the file drops them.
 */
final class ProcessLock implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ProcessLock.class);
    private static final Duration POLL = Duration.ofMillis(10);
    private static final Duration TELL = Duration.ofSeconds(10);

    private final FileChannel channel;

    private ProcessLock(FileChannel channel) {
        this.channel = channel;
    }

    /** Waits for it. Where the file system has no locks, goes on without. */
    static ProcessLock take(Path file, boolean shared) throws IOException {
        final FileChannel channel =
                FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
        long told = System.nanoTime();
        while (!tryLock(channel, shared)) {
            if (System.nanoTime() - told > TELL.toNanos()) {
                LOG.info("Waiting for another process to unpack native libraries; it holds {}", file);
                told = System.nanoTime();
            }
            LockSupport.parkNanos(POLL.toNanos());
        }
        return new ProcessLock(channel);
    }

    private static boolean tryLock(FileChannel channel, boolean shared) {
        try {
            final FileLock lock = channel.tryLock(0, Long.MAX_VALUE, shared);
            return lock != null;
        } catch (IOException e) {
            LOG.warn("Processes that start at once can't wait for each other here: no file locks ({})", e.getMessage());
            return true;
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
