package dev.finetune.train;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.jspecify.annotations.Nullable;

/**
 * Native bytes, appended once and read often: in memory up to a limit, then in a temporary file (which the operating
 * system caches, and which is gone with the process), up to half of the disk's free space. A cache, so that trouble with
 * the file is said, once, and ends its use, not the training. Not thread-safe.
 */
final class FrozenOutputStore implements AutoCloseable {
    /** How much is kept in memory: 256 MB. */
    static final long MEMORY_BYTES = 256L << 20;

    private static final long SEGMENT_BYTES = 16L << 20;

    private final long memoryLimit;
    private final Opener opener;
    private final Consumer<String> warnings;
    private final List<BytePointer> segments = new ArrayList<>();
    private long usedOfLast;
    private long inMemory;
    private @Nullable Spill spill;
    private long fileEnd;
    private long bytesAdded;
    private boolean fileFailed;

    /**
     * An empty store.
     *
     * @param memoryLimit bytes that are kept in memory
     * @param warnings is told, once, when the file can't be used
     */
    FrozenOutputStore(long memoryLimit, Consumer<String> warnings) {
        this(memoryLimit, FrozenOutputStore::temporaryFile, warnings);
    }

    /** A store with another file than a temporary one. */
    FrozenOutputStore(long memoryLimit, Opener opener, Consumer<String> warnings) {
        this.memoryLimit = memoryLimit;
        this.opener = opener;
        this.warnings = warnings;
    }

    /**
     * A file that bytes go to.
     *
     * @param channel to write and read; closed with the store
     * @param limit the most bytes
     */
    record Spill(FileChannel channel, long limit) {}

    /** Opens the file when memory is full. */
    interface Opener {
        Spill open() throws IOException;
    }

    private static Spill temporaryFile() throws IOException {
        final Path path = Files.createTempFile("finetune-", ".frozen");
        try {
            final long limit = Files.getFileStore(path).getUsableSpace() / 2;
            final FileChannel channel = FileChannel.open(
                    path, StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.DELETE_ON_CLOSE);
            return new Spill(channel, limit);
        } catch (IOException | RuntimeException e) {
            Files.deleteIfExists(path);
            throw e;
        }
    }

    /**
     * Where bytes lie.
     *
     * @param segment the block of memory, or -1 for the file
     * @param offset in the block or the file
     * @param bytes how many
     */
    record Place(int segment, long offset, long bytes) {
        boolean inFile() {
            return segment < 0;
        }

        /** The first so many bytes of it. */
        Place first(long count) {
            return new Place(segment, offset, count);
        }
    }

    /** Keeps a copy of bytes; null where there is no more room. */
    @Nullable
    Place add(BytePointer from, long offset, long bytes) {
        bytesAdded += bytes;
        final long segmentBytes = Math.max(SEGMENT_BYTES, bytes);
        final boolean fits = !segments.isEmpty() && usedOfLast + bytes <= last().capacity();
        if (!fits && inMemory + segmentBytes > memoryLimit) {
            return addToFile(from, offset, bytes);
        }
        if (!fits) {
            final BytePointer segment = new BytePointer(segmentBytes);
            segment.retainReference();
            segments.add(segment);
            inMemory += segmentBytes;
            usedOfLast = 0;
        }
        copy(last(), usedOfLast, from, offset, bytes);
        final Place place = new Place(segments.size() - 1, usedOfLast, bytes);
        usedOfLast += bytes;
        return place;
    }

    private BytePointer last() {
        return segments.get(segments.size() - 1);
    }

    private @Nullable Place addToFile(BytePointer from, long offset, long bytes) {
        if (fileFailed) {
            return null;
        }
        try {
            if (spill == null) {
                spill = opener.open();
            }
            if (fileEnd + bytes > spill.limit()) {
                return null;
            }
            final Place place = new Place(-1, fileEnd, bytes);
            final ByteBuffer buffer = buffer(from, offset, bytes);
            long at = fileEnd;
            while (buffer.hasRemaining()) {
                at += spill.channel().write(buffer, at);
            }
            fileEnd = at;
            return place;
        } catch (IOException | RuntimeException e) {
            failed("kept in", e);
            return null;
        }
    }

    /** How much was kept, in memory and in the file. */
    long bytes() {
        return bytesAdded;
    }

    /** Copies what was kept to an offset of native memory; false where the file can no longer be read. */
    boolean read(Place place, BytePointer to, long offset) {
        if (!place.inFile()) {
            copy(to, offset, segments.get(place.segment()), place.offset(), place.bytes());
            return true;
        }
        try {
            final ByteBuffer buffer = buffer(to, offset, place.bytes());
            long at = place.offset();
            while (buffer.hasRemaining()) {
                final int count = Objects.requireNonNull(spill).channel().read(buffer, at);
                if (count < 0) {
                    throw new IOException("the file ended early");
                }
                at += count;
            }
            return true;
        } catch (IOException | RuntimeException e) {
            failed("read back from", e);
            return false;
        }
    }

    private void failed(String what, Exception e) {
        final boolean known = fileFailed || e instanceof ClosedByInterruptException; // Then training ends, too.
        fileFailed = true;
        if (!known) {
            warnings.accept("What frozen layers give could not be " + what + " a temporary file (" + e
                    + "), so that from now on some of it is computed in every epoch. For speed, free some space, set"
                    + " java.io.tmpdir to a directory that can be written to, or freeze less.");
        }
    }

    private static ByteBuffer buffer(BytePointer pointer, long offset, long bytes) {
        return new BytePointer(pointer).position(offset).limit(offset + bytes).asByteBuffer();
    }

    private static void copy(BytePointer to, long toOffset, BytePointer from, long fromOffset, long bytes) {
        Pointer.memcpy(new BytePointer(to).position(toOffset), new BytePointer(from).position(fromOffset), bytes);
    }

    @Override
    public void close() {
        segments.forEach(BytePointer::close);
        segments.clear();
        if (spill != null) {
            try {
                spill.channel().close();
            } catch (IOException e) {
                warnings.accept("The temporary file of what frozen layers gave could not be closed: " + e);
            }
        }
    }
}
