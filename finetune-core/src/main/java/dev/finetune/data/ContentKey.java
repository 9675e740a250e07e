package dev.finetune.data;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.RecordComponent;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What tells inputs, and labels, of one process from those of another: a digest of all that they hold, 128 bits of SHA-256, which is the
 * same in every process, unlike a hash code. Of texts, numbers and what is made of them: records, lists, sets and maps.
 *
 * @param high the first half
 * @param low the second half
 */
record ContentKey(long high, long low) {
    private static final ClassValue<Method[]> PARTS = new ClassValue<>() {
        @Override
        protected Method[] computeValue(Class<?> type) {
            final RecordComponent[] components = type.getRecordComponents();
            final Method[] parts = new Method[components.length];
            for (int i = 0; i < parts.length; i++) {
                parts[i] = components[i].getAccessor();
            }
            return parts;
        }
    };

    /** Makes keys, for one thread. */
    static final class Maker {
        private final MessageDigest digest;

        Maker() {
            try {
                this.digest = MessageDigest.getInstance("SHA-256");
            } catch (NoSuchAlgorithmException e) {
                throw new IllegalStateException(e); // Every Java has it.
            }
        }

        /** The key of a value; empty of one that isn't made of texts and numbers alone. */
        Optional<ContentKey> of(Object value) {
            digest.reset();
            if (!add(value)) {
                return Optional.empty();
            }
            final ByteBuffer bytes = ByteBuffer.wrap(digest.digest());
            return Optional.of(new ContentKey(bytes.getLong(), bytes.getLong()));
        }

        private boolean add(@Nullable Object value) {
            if (value == null) {
                digest.update((byte) 0);
                return true;
            }
            if (value instanceof String text) {
                addText(1, text);
                return true;
            }
            if (value instanceof Number || value instanceof Boolean || value instanceof Enum<?>) {
                addText(2, value.toString());
                return true;
            }
            if (value instanceof Optional<?> optional) {
                return add(optional.orElse(null));
            }
            if (value instanceof Set<?> set && set.stream().allMatch(String.class::isInstance)) {
                return addAll(3, new TreeSet<Object>(set));
            }
            if (value instanceof List<?> list) {
                return addAll(4, list);
            }
            if (value instanceof Map<?, ?> map) {
                return addAll(5, map.keySet()) && addAll(5, map.values());
            }
            return value instanceof Record parts && addParts(parts);
        }

        private boolean addAll(int kind, Collection<?> values) {
            addNumber(kind, values.size());
            for (Object each : values) {
                if (!add(each)) {
                    return false;
                }
            }
            return true;
        }

        private boolean addParts(Record value) {
            addText(6, value.getClass().getName());
            for (Method part : PARTS.get(value.getClass())) {
                try {
                    if (!add(part.invoke(value))) {
                        return false;
                    }
                } catch (IllegalAccessException | InvocationTargetException e) {
                    return false;
                }
            }
            return true;
        }

        private void addText(int kind, String text) {
            addNumber(kind, text.length());
            final ByteBuffer bytes = ByteBuffer.allocate(2 * text.length());
            bytes.asCharBuffer().put(text);
            digest.update(bytes.array());
        }

        private void addNumber(int kind, int number) {
            digest.update((byte) kind);
            digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(number).flip());
        }
    }
}
