package dev.finetune.train;

import dev.finetune.FinetuneException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.jspecify.annotations.Nullable;

/**
 * Native bytes, appended once and read often: in memory up to a limit, then in a temporary file (which the operating
 * system caches, and which is gone with the process), up to half of the disk's free space. Not thread-safe.
 */
final class RowStore implements AutoCloseable {
    /** How much is kept in memory: 256 MB. */
    static final long MEMORY_BYTES = 256L << 20;

    private static final long SEGMENT_BYTES = 16L << 20;

    private final long memoryLimit;
    private final List<BytePointer> segments = new ArrayList<>();
    private long usedOfLast;
    private long inMemory;
    private @Nullable FileChannel file;
    private long fileEnd;
    private long fileLimit;

    RowStore(long memoryLimit) {
        this.memoryLimit = memoryLimit;
    }

    /**
     * Where bytes lie.
     *
     * @param segment the block of memory, or -1 for the file
     * @param offset in the block or the file
     * @param bytes how many
     */
    record Place(int segment, long offset, long bytes) {}

    /** Keeps a copy of bytes; null where there is no more room. */
    @Nullable
    Place add(BytePointer from, long offset, long bytes) {
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
        try {
            if (file == null) {
                final Path path = Files.createTempFile("finetune-", ".frozen");
                fileLimit = Files.getFileStore(path).getUsableSpace() / 2;
                file = FileChannel.open(
                        path, StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.DELETE_ON_CLOSE);
            }
            if (fileEnd + bytes > fileLimit) {
                return null;
            }
            final Place place = new Place(-1, fileEnd, bytes);
            final ByteBuffer buffer = buffer(from, offset, bytes);
            while (buffer.hasRemaining()) {
                fileEnd += file.write(buffer, fileEnd);
            }
            return place;
        } catch (IOException e) {
            throw new FinetuneException(
                    "What frozen layers gave could not be kept in a temporary file: " + e.getMessage()
                            + ". Free some space, set java.io.tmpdir, or switch it off with keepFrozenOutputs(false).",
                    e);
        }
    }

    /** Copies what was kept to an offset of native memory. */
    void read(Place place, BytePointer to, long offset) {
        if (place.segment() >= 0) {
            copy(to, offset, segments.get(place.segment()), place.offset(), place.bytes());
            return;
        }
        try {
            final ByteBuffer buffer = buffer(to, offset, place.bytes());
            long at = place.offset();
            while (buffer.hasRemaining()) {
                final int count = java.util.Objects.requireNonNull(file).read(buffer, at);
                if (count < 0) {
                    throw new IOException("the file ended early");
                }
                at += count;
            }
        } catch (IOException e) {
            throw new FinetuneException(
                    "What frozen layers gave could not be read back from a temporary file: " + e.getMessage(), e);
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
        if (file != null) {
            try {
                file.close();
            } catch (IOException e) {
                throw new FinetuneException("A temporary file could not be closed: " + e.getMessage(), e);
            }
        }
    }
}
