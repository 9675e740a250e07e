package dev.finetune.internal.distributed;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.ProtocolException;
import java.nio.charset.StandardCharsets;

/**
 * What processes send each other: a kind, and bytes.
 *
 * @param kind what it is
 * @param bytes what it says
 */
record Frame(Kind kind, byte[] bytes) {
    private static final int MOST_BYTES = 1 << 30;

    /** What a frame is. */
    enum Kind {
        /** Who it is that connects: {@link Hello}. */
        HELLO,
        /** The sender is alive. */
        BEAT,
        /** What a process says in a round, or what all said. */
        ROUND,
        /** Why the sender gives up, in words. */
        FAILED,
        /** The sender has come to its end. */
        BYE,
        /** Which other process the sender lost, in words. */
        LOST,
        /** For whom the sender waits, so that the receiver waits, too, in words. */
        WAITS
    }

    static Frame of(Kind kind, String text) {
        return new Frame(kind, text.getBytes(StandardCharsets.UTF_8));
    }

    String text() {
        return new String(bytes, StandardCharsets.UTF_8);
    }

    void write(DataOutputStream out) throws IOException {
        out.writeByte(kind.ordinal());
        out.writeInt(bytes.length);
        out.write(bytes);
        out.flush();
    }

    /** Reads the next frame, of a member. */
    static Frame read(DataInputStream in) throws IOException {
        return read(in, MOST_BYTES);
    }

    /** Reads the next frame. */
    static Frame read(DataInputStream in, int mostBytes) throws IOException {
        final int kind = in.readUnsignedByte();
        final int length = in.readInt();
        if (kind >= Kind.values().length || length < 0 || length > mostBytes) {
            throw new ProtocolException("what came is no frame (kind " + kind + ", " + length + " bytes)");
        }
        final byte[] bytes = in.readNBytes(length);
        if (bytes.length < length) {
            throw new ProtocolException("the connection ended within a frame");
        }
        return new Frame(Kind.values()[kind], bytes);
    }
}
