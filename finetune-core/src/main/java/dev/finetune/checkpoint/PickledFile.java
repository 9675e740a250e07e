package dev.finetune.checkpoint;

import dev.finetune.checkpoint.Pickled.Global;
import dev.finetune.checkpoint.Pickled.Storage;
import dev.finetune.checkpoint.Pickled.Tuple;
import dev.finetune.checkpoint.Pickled.UnreadableTensor;
import dev.finetune.checkpoint.Pickled.View;
import dev.finetune.checkpoint.ZipRecords.Region;
import dev.finetune.error.FinetuneException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;

/** A checkpoint that torch.save wrote, in either of its formats. */
final class PickledFile implements Weights {
    /** A tensor that repeats its elements may be this large; no buffer that a model keeps is larger. */
    private static final long MAX_REPEATED_BYTES = 256L << 20;

    private final Path file;
    private final FileChannel channel;
    private final StateDict state;
    private final Map<String, Region> storages;

    private PickledFile(Path file, FileChannel channel, StateDict state, Map<String, Region> storages) {
        this.file = file;
        this.channel = channel;
        this.state = state;
        this.storages = storages;
    }

    /** Opens the zip archive that PyTorch writes since 1.6. */
    static PickledFile openZip(Path file) {
        return OpenFile.open(file, channel -> {
            ZipRecords records = ZipRecords.read(file, channel);
            String prefix = prefix(file, records);
            if (records.names().contains(prefix + "byteorder")) {
                Region region = records.region(prefix + "byteorder");
                byte[] order = new FileRegion(channel, region.start(), region.length())
                        .readExactly(Math.min(16, region.length()));
                if (!new String(order, StandardCharsets.UTF_8).equals("little")) {
                    throw bigEndian(file);
                }
            }
            Region pickle = records.region(prefix + "data.pkl");
            Object object = Unpickler.load(
                    file, new FileRegion(channel, pickle.start(), pickle.length()), id -> storage(id, 5));
            StateDict state = StateDict.find(file, object);
            Map<String, Region> storages = new HashMap<>();
            for (Storage storage : state.storages()) {
                storages.put(storage.key(), records.region(prefix + "data/" + storage.key()));
            }
            return checked(file, channel, state, storages);
        });
    }

    /** Opens what PyTorch wrote before 1.6, and writes still when asked for it. */
    static PickledFile openLegacy(Path file) {
        return OpenFile.open(file, channel -> {
            LegacyPickle.Contents contents = LegacyPickle.read(file, channel);
            return checked(file, channel, StateDict.find(file, contents.object()), contents.storages());
        });
    }

    private static String prefix(Path file, ZipRecords records) {
        List<String> pickles = records.names().stream()
                .filter(name -> name.matches("[^/]+/data\\.pkl"))
                .toList();
        if (pickles.size() != 1) {
            throw new FinetuneException(file + ": this is a zip archive, but not one that torch.save wrote: found "
                    + pickles.size() + " records */data.pkl, expected 1.");
        }
        String prefix = pickles.get(0).substring(0, pickles.get(0).length() - "data.pkl".length());
        if (records.names().contains(prefix + "constants.pkl")) {
            throw new FinetuneException(
                    file + ": this is a TorchScript archive, which holds a program. Save the weights"
                            + " alone: torch.save(torch.jit.load(path).state_dict(), new_path).");
        }
        return prefix;
    }

    /** Makes sure that every storage is as long in the file as the tensors that use it were told. */
    private static PickledFile checked(Path file, FileChannel channel, StateDict state, Map<String, Region> storages) {
        for (Storage storage : state.storages()) {
            Region region = storages.get(storage.key());
            long bytes = (storage.offset() + storage.size()) * storage.type().bytes();
            if (region == null || region.length() < bytes) {
                throw new FinetuneException(file + ": the checkpoint is damaged or incomplete: storage " + storage.key()
                        + " should have " + bytes + " bytes and "
                        + (region == null ? "isn't there" : "has " + region.length())
                        + ". Download or save it again.");
            }
        }
        return new PickledFile(file, channel, state, storages);
    }

    static FinetuneException bigEndian(Path file) {
        return new FinetuneException(
                file + ": the checkpoint was written by a big-endian machine, which isn't supported."
                        + " Load it in Python and save it with safetensors.");
    }

    /** {@code ('storage', type, key, location, size, ...)}: how torch.save refers to data outside the pickle. */
    static Storage storage(Tuple id, int length) throws IOException {
        List<Object> items = id.items();
        if (items.size() != length
                || !"storage".equals(items.get(0))
                || !(items.get(1) instanceof Global type)
                || type.kind() != PickleGlobals.Kind.STORAGE
                || !(items.get(2) instanceof String key)
                || !(items.get(4) instanceof Long size)
                || size < 0
                || size > Long.MAX_VALUE / 16) {
            throw new IOException("it refers to a tensor's data in a way that torch.save doesn't");
        }
        return new Storage(key, type.elements().orElseThrow(), 0, size);
    }

    @Override
    public Set<String> names() {
        return Collections.unmodifiableSet(state.tensors().keySet());
    }

    @Override
    public StoredTensor describe(String name) {
        View view = view(name);
        DType dtype = view.type()
                .dtype()
                .orElseThrow(() -> new FinetuneException(
                        file + ": '" + name + "' is stored as " + view.type().name()
                                + ", which isn't supported; convert it to float32 or another plain type."));
        return new StoredTensor(name, dtype, view.shape(), file);
    }

    @Override
    public Tensor read(String name) {
        StoredTensor stored = describe(name);
        View view = view(name);
        Storage storage = view.storage();
        long storageBytes = storage.size() * storage.type().bytes();
        long has = storageBytes / view.type().bytes();
        if (stored.elements() > has
                && stored.elements() > MAX_REPEATED_BYTES / view.type().bytes()) {
            throw new FinetuneException(file + ": '" + name + "' of shape " + TensorShape.text(view.shape())
                    + " repeats the " + has + " elements that are stored more often than is allowed.");
        }
        long start = stored.elements() == 0
                ? 0
                : Objects.requireNonNull(storages.get(storage.key())).start()
                        + storage.offset() * storage.type().bytes()
                        + view.offset() * view.type().bytes();
        return NativeTensors.readStrided(channel, stored, start, view.strides());
    }

    @Override
    public List<Path> files() {
        return List.of(file);
    }

    @Override
    public List<String> notes() {
        return state.notes();
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new FinetuneException(file + ": the file couldn't be closed: " + e.getMessage(), e);
        }
    }

    private View view(String name) {
        Object tensor = state.tensors().get(name);
        if (tensor == null) {
            throw OpenFile.noSuchTensor(file, name, names());
        }
        if (tensor instanceof UnreadableTensor unreadable) {
            throw new FinetuneException(file + ": '" + name + "' isn't a plain tensor (" + unreadable.how()
                    + "), which isn't supported; make it dense and save it again.");
        }
        return (View) tensor;
    }
}
