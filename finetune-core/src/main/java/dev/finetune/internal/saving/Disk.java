package dev.finetune.internal.saving;

import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/** The disk. An interrupt doesn't stop any of this; the thread stays interrupted. */
public final class Disk implements FileOps {
    /** On Windows a file can't be replaced or removed while another has it open: a reader, or a scanner for viruses. */
    private static final boolean FILES_ARE_HELD = File.separatorChar == '\\';

    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final Duration POLL = Duration.ofMillis(20);

    /** Something done to a disk. */
    public interface Step {
        /** Does it. */
        void run() throws IOException;
    }

    @Override
    public void createDirectory(Path directory) throws IOException {
        Files.createDirectory(directory);
    }

    @Override
    public void write(Path file, byte[] contents) throws IOException {
        uninterrupted(() -> {
            try (FileChannel channel = FileChannel.open(
                    file, StandardOpenOption.WRITE, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING)) {
                final ByteBuffer bytes = ByteBuffer.wrap(contents);
                while (bytes.hasRemaining()) {
                    channel.write(bytes);
                }
                channel.force(true);
            }
        });
    }

    @Override
    public void force(Path file) throws IOException {
        uninterrupted(() -> {
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
                channel.force(true);
            }
        });
    }

    @Override
    public void forceDirectory(Path directory) throws IOException {
        if (FILES_ARE_HELD) {
            return; // Windows opens no directories.
        }
        uninterrupted(() -> {
            try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
                channel.force(true);
            }
        });
    }

    @Override
    public void move(Path from, Path to) throws IOException {
        patiently(() -> {
            try {
                Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
            } catch (AtomicMoveNotSupportedException e) {
                Files.move(from, to, StandardCopyOption.REPLACE_EXISTING);
            }
        });
    }

    @Override
    public void delete(Path path) throws IOException {
        patiently(() -> Files.deleteIfExists(path));
    }

    /**
     * Does something with a channel of its own, again from its beginning where an interrupt has closed that; the thread stays
     * interrupted.
     */
    public static void uninterrupted(Step step) throws IOException {
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    step.run();
                    return;
                } catch (ClosedByInterruptException e) {
                    interrupted |= Thread.interrupted();
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static void patiently(Step step) throws IOException {
        final long end = System.nanoTime() + PATIENCE.toNanos();
        while (true) {
            try {
                step.run();
                return;
            } catch (NoSuchFileException | NotDirectoryException e) {
                throw e;
            } catch (FileSystemException e) {
                if (!FILES_ARE_HELD || System.nanoTime() - end > 0) {
                    throw e;
                }
                LockSupport.parkNanos(POLL.toNanos());
            }
        }
    }
}
