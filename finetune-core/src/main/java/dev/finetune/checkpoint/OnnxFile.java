package dev.finetune.checkpoint;

import dev.finetune.checkpoint.OnnxNames.Entry;
import dev.finetune.checkpoint.OnnxTensor.Data;
import dev.finetune.error.FinetuneException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;

/**
 * The weights of an ONNX model, by the names of the network that was exported and in its order of sizes. Nothing of the
 * graph is run.
 */
final class OnnxFile implements Weights {
    private final Path file;
    private final FileChannel channel;
    private final OnnxNames names;
    private final ModelGraph graph;
    private final OnnxExternal external;

    private OnnxFile(Path file, FileChannel channel, OnnxReader.Contents contents, OnnxExternal external) {
        this.file = file;
        this.channel = channel;
        this.graph = contents.graph();
        this.names = OnnxNames.of(file, contents);
        this.external = external;
    }

    static OnnxFile open(Path file) {
        return OpenFile.open(file, channel -> {
            final OnnxReader.Contents contents = OnnxReader.read(file, channel);
            OnnxRefusals.check(file, contents.graph(), contents.tensors());
            final OnnxExternal external =
                    OnnxExternal.open(file, contents.tensors().values());
            try {
                final OnnxFile opened = new OnnxFile(file, channel, contents, external);
                opened.names.entries().forEach((name, entry) -> opened.check(name, entry.tensor()));
                return opened;
            } catch (RuntimeException | Error e) {
                external.close();
                throw e;
            }
        });
    }

    /** Makes sure that a tensor has the elements that its shape says. */
    private void check(String name, OnnxTensor tensor) {
        final long elements;
        final long bytes;
        try {
            elements = TensorShape.elements(tensor.shape());
            bytes = Math.multiplyExact(
                    elements, tensor.dtype().map(DType::bytes).orElse(1));
        } catch (ArithmeticException e) {
            throw damaged(name, "its shape " + TensorShape.text(tensor.shape()) + " is of more elements than can be");
        }
        final Data data = tensor.data();
        final long there;
        if (data instanceof Data.Plain plain) {
            there = plain.length();
        } else if (data instanceof Data.Numbers numbers) {
            there = numbers.length() < elements ? -1 : bytes; // Each takes a byte or more; counted when it is read.
        } else if (data instanceof Data.External other) {
            there = external.checked(name, other, bytes);
        } else {
            there = 0;
        }
        if (there != bytes) {
            throw damaged(
                    name,
                    "of shape " + TensorShape.text(tensor.shape()) + " (" + tensor.typeName() + ") it should have "
                            + bytes + " bytes, and has " + (there < 0 ? "fewer" : there));
        }
    }

    private FinetuneException damaged(String name, String what) {
        return new FinetuneException(file + ": the file is damaged or incomplete: '" + name + "': " + what
                + ". Download or export it again.");
    }

    @Override
    public Set<String> names() {
        return Collections.unmodifiableSet(names.entries().keySet());
    }

    @Override
    public StoredTensor describe(String name) {
        final Entry entry = entry(name);
        final long[] shape = entry.tensor().shape();
        return new StoredTensor(
                name, dtype(name, entry), entry.isTransposed() ? new long[] {shape[1], shape[0]} : shape, file);
    }

    private DType dtype(String name, Entry entry) {
        return entry.tensor()
                .dtype()
                .orElseThrow(() -> new FinetuneException(file + ": '" + name + "' is stored as "
                        + entry.tensor().typeName() + ", which isn't supported; export it in float32 or float16."));
    }

    @Override
    public Tensor read(String name) {
        final Entry entry = entry(name);
        final StoredTensor stored = describe(name);
        final long[] strides = strides(stored.shape(), entry.isTransposed());
        final Data data = entry.tensor().data();
        if (data instanceof Data.External other) {
            return NativeTensors.readStrided(external.channel(other.location()), stored, other.offset(), strides);
        }
        if (data instanceof Data.Plain plain) {
            return NativeTensors.readStrided(channel, stored, plain.position(), strides);
        }
        if (data instanceof Data.Numbers numbers) {
            try {
                return NativeTensors.of(
                        stored,
                        strides,
                        OnnxElements.unpack(new FileRegion(channel, numbers.position(), numbers.length()), stored));
            } catch (IOException e) {
                throw OpenFile.unread(file + ": '" + name + "'", e);
            }
        }
        return NativeTensors.readStrided(channel, stored, 0, strides);
    }

    /** Of a matrix that stands in the file the other way round, or of elements that follow each other. */
    private static long[] strides(long[] shape, boolean isTransposed) {
        if (isTransposed) {
            return new long[] {1, shape[0]};
        }
        final long[] strides = new long[shape.length];
        long step = 1;
        for (int i = shape.length - 1; i >= 0; i--) {
            strides[i] = step;
            step *= Math.max(1, shape[i]);
        }
        return strides;
    }

    @Override
    public Map<String, String> aliases() {
        return Collections.unmodifiableMap(names.aliases());
    }

    @Override
    public Optional<ModelGraph> graph() {
        return Optional.of(graph);
    }

    @Override
    public List<Path> files() {
        final Set<Path> files = new LinkedHashSet<>(List.of(file));
        files.addAll(external.files());
        return List.copyOf(files);
    }

    @Override
    public List<String> notes() {
        return List.copyOf(names.notes());
    }

    @Override
    public void close() {
        try (external) {
            channel.close();
        } catch (IOException e) {
            throw new FinetuneException(file + ": the file couldn't be closed: " + e.getMessage(), e);
        }
    }

    private Entry entry(String name) {
        final Entry entry = names.entries().get(name);
        if (entry == null) {
            throw OpenFile.noSuchTensor(file, name, names());
        }
        return entry;
    }
}
