package dev.finetune.checkpoint;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a pickle can hold here, beside plain numbers, strings and bytes (Long, BigInteger, Double, Boolean, String,
 * byte[]). All of it is data; nothing of it can do anything. Containers compare by identity, since they may hold
 * themselves.
 */
sealed interface Pickled {
    /** Python's None. */
    enum None implements Pickled {
        NONE
    }

    /** A tuple, or torch.Size. */
    final class Tuple implements Pickled {
        private final List<Object> items;

        Tuple(List<Object> items) {
            this.items = items;
        }

        List<Object> items() {
            return items;
        }
    }

    /** A list. */
    final class PyList implements Pickled {
        private final List<Object> items = new ArrayList<>(0);

        List<Object> items() {
            return items;
        }
    }

    /** A dict or one of its kin, such as OrderedDict. */
    final class Dict implements Pickled {
        private Map<Object, Object> entries = Map.of(); // Keys are Strings and OtherKeys.

        Map<Object, Object> entries() {
            return entries;
        }

        void put(Object key, Object value) {
            if (entries.isEmpty()) {
                entries = new LinkedHashMap<>();
            }
            // Names alone are looked up. Keys of several kinds with one hash would make a look-up read all of them.
            entries.put(key instanceof String ? key : new OtherKey(key), value);
        }
    }

    /** A key that isn't a name; equal only to itself. */
    final class OtherKey implements Pickled {
        private final Object key;

        OtherKey(Object key) {
            this.key = key;
        }

        @Override
        public String toString() {
            return key instanceof Long ? String.valueOf(key) : "a key that isn't a name";
        }
    }

    /** Something harmless whose contents nobody here needs: a set, a numpy number, the arguments of a command line. */
    record Opaque(String type) implements Pickled {}

    /** A type or function that the pickle names, and what we take it for. */
    record Global(String qualifiedName, PickleGlobals.Kind kind, Optional<ElementType> elements) implements Pickled {}

    /** How elements are stored; without a dtype they can be skipped over, but not read. */
    record ElementType(String name, int bytes, Optional<DType> dtype) implements Pickled {
        static ElementType of(DType dtype) {
            return new ElementType(dtype.torchName(), dtype.bytes(), Optional.of(dtype));
        }
    }

    /**
     * A run of elements in the file, or a part of one.
     *
     * @param key the name of the whole run
     * @param offset where in the whole run this starts, in elements
     * @param size its length in elements
     */
    record Storage(String key, ElementType type, long offset, long size) implements Pickled {}

    /** A tensor: a view of a storage, checked to lie inside it; offset and strides in elements of its type. */
    record View(Storage storage, ElementType type, long offset, long[] shape, long[] strides) implements Pickled {}

    /** A tensor that is stored in a way that we don't read, such as a sparse one. */
    record UnreadableTensor(String how) implements Pickled {}
}
