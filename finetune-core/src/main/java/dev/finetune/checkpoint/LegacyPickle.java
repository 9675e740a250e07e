package dev.finetune.checkpoint;

import dev.finetune.checkpoint.Pickled.Dict;
import dev.finetune.checkpoint.Pickled.PyList;
import dev.finetune.checkpoint.Pickled.Storage;
import dev.finetune.checkpoint.Pickled.Tuple;
import dev.finetune.error.FinetuneException;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * A checkpoint as PyTorch before 1.6 wrote it: five pickles in a row (a magic number, the version, the system, the object,
 * the keys of its storages), then each storage in the order of the keys: its length as 8 bytes, and its elements.
 * Follows {@code torch.serialization._legacy_load}.
 */
final class LegacyPickle {
    static final BigInteger MAGIC = new BigInteger("1950a86a20f9469cfc6c", 16);
    private static final long VERSION = 1001;

    private final Path file;
    private final FileChannel channel;
    /** Every storage that the object refers to, by key. */
    private final Map<String, Storage> storages = new HashMap<>();

    private LegacyPickle(Path file, FileChannel channel) {
        this.file = file;
        this.channel = channel;
    }

    /** The object that was saved, and where the bytes of its storages lie. */
    record Contents(Object object, Map<String, ZipRecords.Region> storages) {}

    static Contents read(Path file, FileChannel channel) throws IOException {
        return new LegacyPickle(file, channel).read();
    }

    private Contents read() throws IOException {
        FileRegion in = new FileRegion(channel, 0, channel.size());
        if (!MAGIC.equals(plain(in))) {
            throw new FinetuneException(file + ": this is a pickle, but not one that torch.save wrote. Save the tensors"
                    + " with torch.save or safetensors.");
        }
        if (!(plain(in) instanceof Long version) || version != VERSION) {
            throw new FinetuneException(
                    file + ": torch.save's format has the version 1001, and this file another one.");
        }
        if (!(plain(in) instanceof Dict system)
                || !Boolean.TRUE.equals(system.entries().get("little_endian"))) {
            throw PickledFile.bigEndian(file);
        }
        Object object = Unpickler.load(file, in, this::persistent);
        if (!(plain(in) instanceof PyList keys)) {
            throw broken("the list of its storages isn't a list");
        }
        return new Contents(object, locate(keys, in.position()));
    }

    private Object plain(FileRegion in) {
        return Unpickler.load(file, in, id -> {
            throw new IOException("it refers to a tensor's data before there are tensors");
        });
    }

    /** {@code ('storage', type, key, location, size, view)}, where a view is None or {@code (key, offset, size)}. */
    private Object persistent(Tuple id) throws IOException {
        Storage whole = PickledFile.storage(id, 6);
        Storage before = storages.putIfAbsent(whole.key(), whole);
        if (before != null
                && (before.size() != whole.size()
                        || before.type().bytes() != whole.type().bytes())) {
            throw new IOException("it gives storage " + whole.key() + " two sizes");
        }
        if (id.items().get(5) instanceof Tuple view) {
            if (view.items().size() != 3
                    || !(view.items().get(1) instanceof Long offset)
                    || !(view.items().get(2) instanceof Long size)
                    || offset < 0
                    || size < 0
                    || offset > whole.size()
                    || size > whole.size() - offset) {
                throw new IOException("it refers to a part of storage " + whole.key() + " that isn't there");
            }
            return new Storage(whole.key(), whole.type(), offset, size);
        }
        return whole;
    }

    private Map<String, ZipRecords.Region> locate(PyList keys, long start) throws IOException {
        Map<String, ZipRecords.Region> regions = new HashMap<>();
        long at = start;
        for (Object item : keys.items()) {
            if (!(item instanceof String key) || !storages.containsKey(key)) {
                throw broken("it has a storage that no tensor refers to");
            }
            Storage storage = storages.get(key);
            if (channel.size() - at < 8) {
                throw broken("it ends before storage " + key);
            }
            long size = ByteBuffer.wrap(new FileRegion(channel, at, 8).readExactly(8))
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .getLong();
            at += 8;
            if (size != storage.size()) {
                throw broken(
                        "storage " + key + " has " + size + " elements where " + storage.size() + " were announced");
            }
            if (size > (channel.size() - at) / storage.type().bytes()) {
                throw broken("it ends inside storage " + key);
            }
            long bytes = size * storage.type().bytes();
            regions.put(key, new ZipRecords.Region(at, bytes));
            at += bytes;
        }
        return regions;
    }

    private FinetuneException broken(String what) {
        return new FinetuneException(
                file + ": the checkpoint is damaged or incomplete: " + what + ". Download or save it again.");
    }
}
