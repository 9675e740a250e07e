package dev.finetune.checkpoint;

import dev.finetune.error.FinetuneException;
import dev.finetune.internal.Mapping;
import dev.finetune.internal.torch.MemoryFailures;
import dev.finetune.internal.torch.Natives;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.util.Arrays;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.DeviceOptional;
import org.bytedeco.pytorch.LayoutOptional;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** Moves tensors' bytes between files and native memory, with no copy in the Java heap. */
final class NativeTensors {
    /** Neither a mapping nor a buffer of Java's can hold 2 GB. */
    private static final long WINDOW = 1L << 30;

    private NativeTensors() {}

    /** Reads a row-major tensor whose first byte is at that position of the file. */
    static Tensor read(FileChannel channel, StoredTensor stored, long position) {
        Tensor tensor = empty(stored, stored.shape());
        try {
            copy(channel, stored, position, tensor);
            return tensor;
        } catch (RuntimeException | Error e) {
            tensor.close();
            throw e;
        }
    }

    /** Reads a tensor whose elements stand in the file with those strides (elements, not bytes), none negative. */
    static Tensor readStrided(FileChannel channel, StoredTensor stored, long position, long[] strides) {
        long[] shape = stored.shape();
        if (stored.elements() == 0 || isContiguous(shape, strides)) {
            return read(channel, stored, position);
        }
        long span = 1;
        for (int i = 0; i < shape.length; i++) {
            span += (shape[i] - 1) * strides[i];
        }
        try (Tensor flat = empty(stored, new long[] {span})) {
            copy(channel, stored, position, flat);
            return inOrder(flat, shape, strides);
        }
    }

    /** A tensor of elements that stand in the heap with those strides, all of them used. */
    static Tensor of(StoredTensor stored, long[] strides, ByteBuffer elements) {
        try (Tensor flat = empty(stored, new long[] {stored.elements()})) {
            window(flat, 0, flat.nbytes()).put(elements);
            return inOrder(flat, stored.shape(), strides);
        }
    }

    private static Tensor inOrder(Tensor flat, long[] shape, long[] strides) {
        try (Tensor view = flat.as_strided(shape, strides)) {
            return view.contiguous();
        }
    }

    /** Writes the bytes of a tensor in row-major order, wherever and however it lies; leaves nothing behind. */
    static void writeAny(Tensor tensor, FileChannel channel) throws IOException {
        try (PointerScope scope = new PointerScope()) {
            write(tensor.detach().cpu().contiguous(), channel);
        }
    }

    /** Writes the bytes of a contiguous tensor in the processor's memory. */
    static void write(Tensor tensor, FileChannel channel) throws IOException {
        long bytes = tensor.nbytes();
        for (long done = 0; done < bytes; done += WINDOW) {
            ByteBuffer window = window(tensor, done, Math.min(WINDOW, bytes - done));
            while (window.hasRemaining()) {
                channel.write(window);
            }
        }
    }

    static boolean isContiguous(long[] shape, long[] strides) {
        long expected = 1;
        for (int i = shape.length - 1; i >= 0; i--) {
            if (shape[i] != 1) {
                if (strides[i] != expected) {
                    return false;
                }
                expected *= shape[i];
            }
        }
        return true;
    }

    private static Tensor empty(StoredTensor stored, long[] shape) {
        Natives.load();
        try (ScalarTypeOptional type = new ScalarTypeOptional(stored.dtype().scalarType());
                LayoutOptional layout = new LayoutOptional();
                DeviceOptional device = new DeviceOptional();
                BoolOptional pinned = new BoolOptional();
                MemoryFormatOptional format = new MemoryFormatOptional()) {
            return torch.empty(shape, type, layout, device, pinned, format);
        } catch (RuntimeException | OutOfMemoryError e) {
            throw MemoryFailures.translate(
                    stored.file() + ": '" + stored.name() + "' of shape " + Arrays.toString(stored.shape()) + " ("
                            + stored.dtype().torchName() + ") doesn't fit in memory",
                    e,
                    () -> "Use a machine with more, or leave less of it to others.");
        }
    }

    private static void copy(FileChannel channel, StoredTensor stored, long position, Tensor target) {
        long bytes = target.nbytes();
        for (long done = 0; done < bytes; done += WINDOW) {
            long length = Math.min(WINDOW, bytes - done);
            try (Mapping mapped = Mapping.of(channel, MapMode.READ_ONLY, position + done, length)) {
                window(target, done, length).put(mapped.buffer());
            } catch (ClosedByInterruptException e) {
                throw OpenFile.unread(stored.file() + ": '" + stored.name() + "'", e);
            } catch (ClosedChannelException e) {
                throw new FinetuneException(
                        stored.file() + ": '" + stored.name() + "' was asked for after the weights were closed.", e);
            } catch (IOException e) {
                throw OpenFile.unread(stored.file() + ": '" + stored.name() + "'", e);
            } catch (InternalError e) {
                // What the Java runtime makes of a mapped page that is no longer there.
                throw new FinetuneException(
                        stored.file() + ": the file became shorter while '" + stored.name() + "' was read from it.", e);
            }
        }
    }

    /** The tensor's memory from one byte on, valid only while the tensor is. */
    private static ByteBuffer window(Tensor tensor, long start, long length) {
        // The address is moved, not the position: a buffer silently ends at 2 GB after the address.
        BytePointer bytes = new BytePointer(tensor.data_ptr()).getPointer(start);
        return bytes.limit(length).asByteBuffer();
    }
}
