package dev.finetune.checkpoint;

import dev.finetune.error.FinetuneException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * Reads the wire format of protocol buffers forwards: fields of a number, each a whole number, 4 or 8 bytes, or a stretch
 * of bytes that may be a message of its own. What isn't asked for is passed over unread. Lengths are checked against what
 * is left; texts and messages are counted, so that no file makes more objects than a model has.
 */
final class WireReader {
    /** More nodes, names and attributes than any model has. */
    private static final int MOST_VALUES = 2_000_000;

    private static final int MOST_TEXT = 1 << 16;
    private static final int MOST_VARINT_BITS = 63;

    /** How a field's value is written, by the numbers of the format. */
    enum Kind {
        NUMBER,
        FIXED64,
        BYTES,
        START_GROUP,
        END_GROUP,
        FIXED32
    }

    /** Reads one message. */
    interface Message {
        /** Called at every field; what it leaves is passed over. */
        void field(int number) throws IOException;
    }

    private final Path file;
    private final FileRegion in;
    private Kind kind = Kind.NUMBER;
    private boolean taken;
    private int values;
    /** Where in the file the message that is being read ends. */
    private long end;

    WireReader(Path file, FileChannel channel) throws IOException {
        this.file = file;
        this.in = new FileRegion(channel, 0, channel.size());
        this.end = channel.size();
    }

    /** Reads the message that the whole file is. */
    void readAll(Message message) throws IOException {
        while (in.position() < end) {
            final long key = varint();
            final long number = key >>> 3;
            final int type = (int) (key & 7);
            if (number < 1 || number > Integer.MAX_VALUE >> 3 || type >= Kind.values().length) {
                throw damaged("there is no field of number " + Long.toUnsignedString(number) + " and type " + type);
            }
            kind = Kind.values()[type];
            if (kind == Kind.START_GROUP || kind == Kind.END_GROUP) {
                throw damaged("it has a group, which ONNX doesn't use");
            }
            taken = false;
            message.field((int) number);
            if (!taken) {
                pass();
            }
        }
        if (in.position() > end) {
            throw damaged("a field is longer than what it is in");
        }
    }

    /** Reads a field that is a message. */
    void message(Message message) throws IOException {
        final long length = length();
        count();
        final long outer = end;
        end = in.position() + length;
        readAll(message);
        end = outer;
        taken = true;
    }

    Kind kind() {
        return kind;
    }

    /** A whole number. */
    long number() throws IOException {
        expect(Kind.NUMBER);
        return varint();
    }

    /** A floating-point number of 4 bytes. */
    float float32() throws IOException {
        expect(Kind.FIXED32);
        taken = true;
        return buffer(Float.BYTES).getFloat();
    }

    String text() throws IOException {
        final long length = length();
        if (length > MOST_TEXT) {
            throw damaged("a name in it has " + length + " bytes, and " + MOST_TEXT + " are allowed");
        }
        count();
        taken = true;
        if (length == 0) {
            return "";
        }
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(in.readExactly(length)))
                    .toString();
        } catch (CharacterCodingException e) {
            throw damaged("a name in it isn't UTF-8");
        }
    }

    /** Bytes, of which there are few. */
    ByteBuffer bytes(long length) throws IOException {
        taken = true;
        return buffer(length);
    }

    /** How many bytes the field has; they come next. */
    long length() throws IOException {
        expect(Kind.BYTES);
        final long length = varint();
        if (length < 0 || length > end - in.position()) {
            throw damaged("a field should have " + Long.toUnsignedString(length) + " bytes, and "
                    + (end - in.position()) + " are left");
        }
        return length;
    }

    /** Where in the file the next byte is. */
    long position() {
        return in.position();
    }

    /** Passes over so many bytes of the field, its length being known. */
    void pass(long length) throws IOException {
        in.pass(length);
        taken = true;
    }

    /** A whole number within a field of bytes. */
    long packedNumber() throws IOException {
        taken = true;
        return varint();
    }

    private void pass() throws IOException {
        switch (kind) {
            case NUMBER -> varint();
            case FIXED64 -> in.pass(Long.BYTES);
            case FIXED32 -> in.pass(Integer.BYTES);
            default -> in.pass(length());
        }
    }

    private void expect(Kind expected) throws IOException {
        if (kind != expected) {
            throw damaged("a field is of another type than ONNX says");
        }
        taken = true;
    }

    private ByteBuffer buffer(long length) throws IOException {
        return ByteBuffer.wrap(in.readExactly(length)).order(ByteOrder.LITTLE_ENDIAN);
    }

    private long varint() throws IOException {
        long value = 0;
        for (int shift = 0; shift <= MOST_VARINT_BITS; shift += 7) {
            final int next = in.read();
            if (next < 0) {
                throw damaged("it ends within a field");
            }
            value |= (long) (next & 0x7f) << shift;
            if (next < 0x80) {
                return value;
            }
        }
        throw damaged("a number in it has more than 10 bytes");
    }

    private void count() throws IOException {
        if (++values > MOST_VALUES) {
            throw damaged("it has more than " + MOST_VALUES + " names and parts");
        }
    }

    FinetuneException damaged(String what) {
        return new FinetuneException(file + ": this is no ONNX model, or the file is damaged or incomplete: " + what
                + ". Download or export it again.");
    }
}
