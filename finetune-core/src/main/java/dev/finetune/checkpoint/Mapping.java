package dev.finetune.checkpoint;

import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.util.Optional;

/** Releases a mapped file at once, where the Java runtime offers a way; the garbage collector does it otherwise. */
final class Mapping {
    private static final Optional<Cleaner> CLEANER = cleaner();

    private Mapping() {}

    private record Cleaner(Object unsafe, Method invokeCleaner) {}

    /** Releases it; the buffer must not be touched again. */
    static void release(MappedByteBuffer mapped) {
        if (CLEANER.isPresent()) {
            try {
                CLEANER.get().invokeCleaner().invoke(CLEANER.get().unsafe(), mapped);
            } catch (ReflectiveOperationException e) {
                // Left to the garbage collector.
            }
        }
    }

    private static Optional<Cleaner> cleaner() {
        try {
            Class<?> type = Class.forName("sun.misc.Unsafe");
            Field field = type.getDeclaredField("theUnsafe");
            field.setAccessible(true);
            return Optional.of(new Cleaner(field.get(null), type.getMethod("invokeCleaner", ByteBuffer.class)));
        } catch (ReflectiveOperationException | RuntimeException e) {
            return Optional.empty();
        }
    }
}
