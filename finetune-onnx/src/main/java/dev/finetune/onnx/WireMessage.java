package dev.finetune.onnx;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A message in the wire format of protocol buffers: fields of a number, each a whole number, 4 bytes, or a stretch of
 * bytes that may be a message of its own. Large stretches are written when their turn comes, and never held.
 */
final class WireMessage {
    private static final int NUMBER = 0;
    private static final int BYTES = 2;
    private static final int FIXED32 = 5;

    private final List<Stretch> stretches = new ArrayList<>();
    private ByteArrayOutputStream open = new ByteArrayOutputStream();
    private long closed;

    /** Bytes whose number is known beforehand. */
    interface Content {
        /** Writes them. */
        void writeTo(FileChannel channel) throws IOException;
    }

    private record Stretch(long length, Content content) {}

    /** A whole number. */
    WireMessage number(int field, long value) {
        key(field, NUMBER);
        varint(value);
        return this;
    }

    /** A floating-point number of 4 bytes. */
    WireMessage float32(int field, float value) {
        key(field, FIXED32);
        open.writeBytes(ByteBuffer.allocate(Float.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putFloat(value)
                .array());
        return this;
    }

    WireMessage text(int field, String value) {
        final byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
        key(field, BYTES);
        varint(bytes.length);
        open.writeBytes(bytes);
        return this;
    }

    /** A message within this one, complete by now. */
    WireMessage message(int field, WireMessage inner) {
        key(field, BYTES);
        varint(inner.length());
        inner.close();
        close();
        inner.stretches.forEach(this::add);
        return this;
    }

    /** Bytes that are written when their turn comes. */
    WireMessage bytes(int field, long length, Content content) {
        key(field, BYTES);
        varint(length);
        close();
        add(new Stretch(length, content));
        return this;
    }

    /** How many bytes it has. */
    long length() {
        return closed + open.size();
    }

    void writeTo(FileChannel channel) throws IOException {
        close();
        for (Stretch stretch : stretches) {
            final long start = channel.position();
            stretch.content.writeTo(channel);
            if (channel.position() - start != stretch.length) {
                throw new IOException("a tensor has " + (channel.position() - start) + " bytes, not the "
                        + stretch.length + " that its shape says");
            }
        }
    }

    private void key(int field, int kind) {
        varint((long) field << 3 | kind);
    }

    private void varint(long value) {
        long rest = value;
        while ((rest & ~0x7fL) != 0) {
            open.write((int) (rest & 0x7f | 0x80));
            rest >>>= 7;
        }
        open.write((int) rest);
    }

    /** Takes what is small into the list. */
    private void close() {
        if (open.size() > 0) {
            final byte[] bytes = open.toByteArray();
            open = new ByteArrayOutputStream();
            add(new Stretch(
                    bytes.length, channel -> Channels.newOutputStream(channel).write(bytes)));
        }
    }

    private void add(Stretch stretch) {
        stretches.add(stretch);
        closed = Math.addExact(closed, stretch.length);
    }
}
