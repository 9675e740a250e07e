package dev.finetune.checkpoint;

import com.google.gson.stream.JsonWriter;
import dev.finetune.error.FinetuneException;
import dev.finetune.internal.saving.AtomicFile;
import dev.finetune.internal.torch.Natives;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.LongArrayRef;
import org.bytedeco.pytorch.Tensor;

/**
 * Writes tensors as safetensors files that Python's safetensors and Transformers read.
 *
 * <p>Byte for byte what the reference implementation writes: tensors sorted by element type (widest first) and then by
 * name, so that all data is aligned, and the header padded with spaces to a multiple of 8 bytes. Tensors that share
 * memory are written each on their own; tensors on other devices or with strides of their own are copied one at a time.
 *
 * <p>Every file is written under another name beside its place and then renamed, so that a reader sees either what was
 * there before or the whole new file; shards and their index are replaced as one.
 */
public final class SafetensorsWriter {
    /** The largest shard that Transformers 4 writes by default: 5 GB, in powers of ten. */
    public static final long DEFAULT_MAX_SHARD_BYTES = 5_000_000_000L;

    /** What Transformers wants to find in the metadata of a file. */
    static final Map<String, String> PT = Map.of("format", "pt");

    private static final Comparator<Named> ORDER = Comparator.comparing(Named::dtype, Comparator.reverseOrder())
            .thenComparing(named -> named.name().getBytes(StandardCharsets.UTF_8), Arrays::compareUnsigned);

    private SafetensorsWriter() {}

    /** A tensor with what the header says of it. */
    record Named(String name, Tensor tensor, DType dtype, long[] shape) {
        static Named of(String name, Tensor tensor) {
            Natives.load();
            if (!tensor.defined() || tensor.is_sparse() || tensor.is_quantized()) {
                throw new FinetuneException("'" + name + "' can't be written: it isn't a plain dense tensor.");
            }
            try (PointerScope scope = new PointerScope()) {
                LongArrayRef sizes = tensor.sizes();
                long[] shape = new long[Math.toIntExact(sizes.size())];
                for (int i = 0; i < shape.length; i++) {
                    shape[i] = sizes.get(i);
                }
                return new Named(name, tensor, DType.of(tensor.scalar_type()), shape);
            } catch (FinetuneException e) {
                throw new FinetuneException("'" + name + "' can't be written: " + e.getMessage(), e);
            }
        }

        long bytes() {
            return TensorShape.elements(shape) * dtype.bytes();
        }
    }

    /**
     * Writes one file, replacing the one that may be there.
     *
     * @param file where to; its directory must exist
     * @param tensors by name; borrowed for the call
     * @param metadata strings for the header; Transformers wants {@code format} to be {@code pt}
     * @throws FinetuneException when a tensor's type can't be stored, or writing fails; nothing is then left behind
     */
    public static void write(Path file, Map<String, Tensor> tensors, Map<String, String> metadata) {
        List<Named> sorted = new ArrayList<>();
        tensors.forEach((name, tensor) -> sorted.add(Named.of(name, tensor)));
        write(file, sorted, metadata);
    }

    /**
     * Writes a model's weights into a directory: {@code model.safetensors} when they fit one shard, and else {@code
     * model-00001-of-00002.safetensors} and so on with {@code model.safetensors.index.json}, as Transformers does.
     * Weights of those names that were there before are replaced, those of another number of shards removed.
     *
     * @param directory an existing directory
     * @param tensors by name; filled into shards in this order; borrowed for the call
     * @param maxShardBytes the largest size of a shard's data, such as {@link #DEFAULT_MAX_SHARD_BYTES}; a larger tensor
     *     gets a shard of its own
     * @return the files written, the index last
     * @throws FinetuneException when a tensor's type can't be stored, or writing fails
     */
    public static List<Path> writeSharded(Path directory, Map<String, Tensor> tensors, long maxShardBytes) {
        if (maxShardBytes < 1) {
            throw new FinetuneException("maxShardBytes is " + maxShardBytes + "; it must be at least 1.");
        }
        List<Named> all = new ArrayList<>();
        tensors.forEach((name, tensor) -> all.add(Named.of(name, tensor)));
        return new ShardWriter(directory, maxShardBytes).write(all);
    }

    static void write(Path file, List<Named> tensors, Map<String, String> metadata) {
        List<Named> sorted = new ArrayList<>(tensors);
        sorted.sort(ORDER);
        byte[] header = header(file, sorted, metadata);
        AtomicFile.write(file, channel -> {
            ByteBuffer start = ByteBuffer.allocate(8 + header.length).order(ByteOrder.LITTLE_ENDIAN);
            start.putLong(header.length).put(header).flip();
            while (start.hasRemaining()) {
                channel.write(start);
            }
            for (Named named : sorted) {
                NativeTensors.writeAny(named.tensor(), channel);
            }
        });
    }

    private static byte[] header(Path file, List<Named> sorted, Map<String, String> metadata) {
        StringWriter text = new StringWriter();
        try (JsonWriter json = new JsonWriter(text)) {
            json.beginObject();
            if (!metadata.isEmpty()) {
                json.name(SafetensorsHeader.METADATA).beginObject();
                for (Map.Entry<String, String> entry : metadata.entrySet()) {
                    json.name(entry.getKey()).value(entry.getValue());
                }
                json.endObject();
            }
            long start = 0;
            for (Named named : sorted) {
                if (named.name().equals(SafetensorsHeader.METADATA)) {
                    throw new FinetuneException(file + ": a tensor can't be called " + SafetensorsHeader.METADATA
                            + " in a safetensors file; give it another name.");
                }
                json.name(named.name()).beginObject();
                json.name("dtype").value(named.dtype().safetensorsName());
                json.name("shape").beginArray();
                for (long size : named.shape()) {
                    json.value(size);
                }
                json.endArray();
                json.name("data_offsets").beginArray();
                json.value(start).value(start + named.bytes());
                json.endArray().endObject();
                start += named.bytes();
            }
            json.endObject();
        } catch (IOException e) {
            throw new FinetuneException(file + ": the header couldn't be written: " + e.getMessage(), e);
        }
        byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
        byte[] padded = Arrays.copyOf(bytes, (bytes.length + 7) / 8 * 8);
        Arrays.fill(padded, bytes.length, padded.length, (byte) ' ');
        if (padded.length > SafetensorsHeader.MAX_BYTES) {
            throw new FinetuneException(file + ": the names of the tensors take more than the 100 MB that the format"
                    + " allows; write them sharded.");
        }
        return padded;
    }
}
