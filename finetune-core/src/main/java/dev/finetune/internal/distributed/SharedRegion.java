package dev.finetune.internal.distributed;

import dev.finetune.error.FinetuneException;
import dev.finetune.internal.Mapping;
import dev.finetune.internal.torch.Natives;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Optional;
import java.util.Set;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Memory that several processes of one machine share: for each of them some numbers that it alone writes, and slots of floats in
 * turn. What a process has written is seen by those that read the number which it wrote after it.
 */
final class SharedRegion implements AutoCloseable {
    /** Slots of a process: one is written while another is read, and none has to wait for the slower at every turn. */
    static final int SLOTS = 3;

    /** Where a process stands in memory apart, so that nobody's writing disturbs another's. */
    private static final int LINE = 128;

    private static final int NUMBERS = 8;
    private static final int[] SLOT_FLOATS = {4 << 20, 1 << 20, 1 << 18};
    private static final Path MEMORY = Path.of("/dev/shm");
    private static final int NAME_BYTES = 16;

    private static final VarHandle LONGS = MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.nativeOrder());

    static {
        Natives.load();
    }

    private final Mapping mapping;
    private final ByteBuffer mapped;
    private final int rank;
    private final int slotFloats;
    private final Tensor[][] slots;

    private SharedRegion(Mapping mapping, int rank, int size, int slotFloats) {
        this.mapping = mapping;
        this.mapped = mapping.buffer();
        this.rank = rank;
        this.slotFloats = slotFloats;
        this.slots = new Tensor[size][SLOTS];
        final BytePointer start = new BytePointer(mapped);
        final TensorOptions floats = new TensorOptions(ScalarType.Float);
        for (int r = 0; r < size; r++) {
            for (int s = 0; s < SLOTS; s++) {
                final long at = header(size) + ((long) r * SLOTS + s) * slotFloats * Float.BYTES;
                slots[r][s] = torch.from_blob(start.getPointer(at), new long[] {slotFloats}, floats);
                slots[r][s].retainReference();
            }
        }
    }

    private static int header(int size) {
        return size * NUMBERS * LINE;
    }

    private static long bytes(int size, int slotFloats) {
        return header(size) + (long) size * SLOTS * slotFloats * Float.BYTES;
    }

    /**
     * Makes the file that they share, which only the user that runs this process may read and write, as large as there is room.
     *
     * @return empty where there is no memory to share, or no room in it
     */
    static Optional<Path> create(int size) {
        return create(MEMORY, size);
    }

    /** The same in another folder. */
    static Optional<Path> create(Path folder, int size) {
        final byte[] name = new byte[NAME_BYTES];
        new SecureRandom().nextBytes(name);
        final Path file = folder.resolve("finetune-" + HexFormat.of().formatHex(name));
        for (int slotFloats : SLOT_FLOATS) {
            final long bytes = bytes(size, slotFloats);
            try {
                if (bytes <= Integer.MAX_VALUE && Files.getFileStore(folder).getUsableSpace() >= bytes) {
                    fill(file, bytes);
                    return Optional.of(file);
                }
            } catch (IOException | UnsupportedOperationException | SecurityException e) {
                delete(file); // There may be room for less.
            }
        }
        return Optional.empty();
    }

    /** Zeros are written, not left out: who writes to a mapped page that there is no room for is killed. */
    private static void fill(Path file, long bytes) throws IOException {
        try (FileChannel channel = FileChannel.open(
                file,
                Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
            final ByteBuffer zeros = ByteBuffer.allocate(1 << 20);
            for (long left = bytes; left > 0; ) {
                zeros.clear().limit((int) Math.min(left, zeros.capacity()));
                left -= channel.write(zeros);
            }
        }
    }

    /** Removes a file's name; who has mapped it keeps it. */
    static void delete(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new FinetuneException("The memory that processes share can't be released: " + file + ": " + e, e);
        }
    }

    /**
     * Maps the file.
     *
     * @return empty where it isn't there, as in a process of another machine
     */
    static Optional<SharedRegion> open(Path file, int rank, int size) {
        try (FileChannel channel =
                FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS)) {
            for (int slotFloats : SLOT_FLOATS) {
                if (channel.size() == bytes(size, slotFloats)) {
                    return Optional.of(new SharedRegion(
                            Mapping.of(channel, MapMode.READ_WRITE, 0, channel.size()), rank, size, slotFloats));
                }
            }
            return Optional.empty();
        } catch (IOException | UnsupportedOperationException e) {
            return Optional.empty();
        }
    }

    /** How many floats a slot holds. */
    int slotFloats() {
        return slotFloats;
    }

    /** A slot of a process, borrowed. */
    Tensor slot(int process, long chunk) {
        return slots[process][(int) (chunk % SLOTS)];
    }

    /** Writes a number of this process, after all that it has written before. */
    void write(int number, long value) {
        LONGS.setRelease(mapped, (rank * NUMBERS + number) * LINE, value);
    }

    /** Writes a second, third or further one beside a number of this process; it is seen by who then sees that one. */
    void writeBeside(int number, int place, long value) {
        LONGS.setOpaque(mapped, (rank * NUMBERS + number) * LINE + place * Long.BYTES, value);
    }

    long read(int process, int number) {
        return (long) LONGS.getAcquire(mapped, (process * NUMBERS + number) * LINE);
    }

    long readBeside(int process, int number, int place) {
        return (long) LONGS.getOpaque(mapped, (process * NUMBERS + number) * LINE + place * Long.BYTES);
    }

    /** Closes the tensors and releases the memory, by the thread that opened it; nothing of it may be read or written any more. */
    @Override
    public void close() {
        for (Tensor[] each : slots) {
            for (Tensor slot : each) {
                slot.releaseReference();
            }
        }
        mapping.close();
    }
}
