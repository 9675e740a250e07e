package dev.finetune.internal;

import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;

/**
 * A piece of a file in memory, to be used by one thread, and released at once rather than by the garbage collector: through
 * java.lang.foreign, which is final in Java 22, and before that through sun.misc.Unsafe, of which newer ones warn.
 * Reading it is three times as fast as reading from the channel.
 */
public final class Mapping implements AutoCloseable {
    private static final int FOREIGN_SINCE = 22;
    private static final Ways WAYS = ways();

    private final ByteBuffer buffer;
    private final Release release;

    private Mapping(ByteBuffer buffer, Release release) {
        this.buffer = buffer;
        this.release = release;
    }

    /** Maps bytes of a file, to be read, or to be written, too, for all who map them; to be closed by the same thread. */
    public static Mapping of(FileChannel channel, MapMode mode, long position, long length) throws IOException {
        try {
            return WAYS.map(channel, mode, position, length);
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof IOException cause) {
                throw cause;
            }
            throw new IOException(e.getCause());
        } catch (ReflectiveOperationException e) {
            throw new IOException(e);
        }
    }

    /** What is mapped; not to be touched after {@link #close}. */
    public ByteBuffer buffer() {
        return buffer;
    }

    @Override
    public void close() {
        try {
            release.run();
        } catch (ReflectiveOperationException e) {
            // Left to the garbage collector.
        }
    }

    private interface Release {
        void run() throws ReflectiveOperationException;
    }

    /** A way to map. */
    private interface Ways {
        Mapping map(FileChannel channel, MapMode mode, long position, long length)
                throws IOException, ReflectiveOperationException;
    }

    private static Ways ways() {
        try {
            return Runtime.version().feature() >= FOREIGN_SINCE ? foreign() : unsafe();
        } catch (ReflectiveOperationException | RuntimeException e) {
            return (channel, mode, position, length) -> new Mapping(channel.map(mode, position, length), () -> {});
        }
    }

    private static Ways foreign() throws ReflectiveOperationException {
        final Class<?> arena = Class.forName("java.lang.foreign.Arena");
        final Method open = arena.getMethod("ofConfined");
        final Method close = arena.getMethod("close");
        final Method map = FileChannel.class.getMethod("map", MapMode.class, long.class, long.class, arena);
        final Method asBuffer = Class.forName("java.lang.foreign.MemorySegment").getMethod("asByteBuffer");
        return (channel, mode, position, length) -> {
            final Object owner = open.invoke(null);
            try {
                final Object segment = map.invoke(channel, mode, position, length, owner);
                return new Mapping((ByteBuffer) asBuffer.invoke(segment), () -> close.invoke(owner));
            } catch (ReflectiveOperationException | RuntimeException e) {
                close.invoke(owner);
                throw e;
            }
        };
    }

    private static Ways unsafe() throws ReflectiveOperationException {
        final Class<?> type = Class.forName("sun.misc.Unsafe");
        final Field field = type.getDeclaredField("theUnsafe");
        field.setAccessible(true);
        final Object unsafe = field.get(null);
        final Method clean = type.getMethod("invokeCleaner", ByteBuffer.class);
        return (channel, mode, position, length) -> {
            final ByteBuffer mapped = channel.map(mode, position, length);
            return new Mapping(mapped, () -> clean.invoke(unsafe, mapped));
        };
    }
}
