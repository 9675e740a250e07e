package dev.finetune.checkpoint;

import java.io.EOFException;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** The arguments of a pickle's opcodes, as CPython's {@code pickletools} describes them. */
final class PickleInput {
    /** No number or name that a checkpoint needs has a longer line. */
    private static final int MAX_LINE = 1 << 16;

    private final FileRegion in;

    PickleInput(FileRegion in) {
        this.in = in;
    }

    long position() {
        return in.position();
    }

    int u8() throws IOException {
        int value = in.read();
        if (value < 0) {
            throw new EOFException("it ends in the middle");
        }
        return value;
    }

    int u16() throws IOException {
        return u8() | u8() << 8;
    }

    int i32() throws IOException {
        return u16() | u16() << 16;
    }

    /** Four bytes without a sign. */
    long u32() throws IOException {
        return Integer.toUnsignedLong(i32());
    }

    long i64() throws IOException {
        return littleEndian(8).getLong();
    }

    double f64() throws IOException {
        return ByteBuffer.wrap(in.readExactly(8)).getDouble();
    }

    byte[] bytes(long count) throws IOException {
        if (count > Unpickler.MAX_BYTES) {
            throw new IOException("a value would have " + count + " bytes, more than any checkpoint needs");
        }
        return in.readExactly(count);
    }

    /** A two's complement number, lowest byte first. */
    Object integer(long count) throws IOException {
        byte[] bytes = bytes(count);
        for (int i = 0, j = bytes.length - 1; i < j; i++, j--) {
            byte lower = bytes[i];
            bytes[i] = bytes[j];
            bytes[j] = lower;
        }
        return bytes.length == 0 ? 0L : narrow(new BigInteger(bytes));
    }

    String utf8(long count) throws IOException {
        return decodeUtf8(bytes(count));
    }

    /** A string of Python 2, which doesn't say how it is encoded: UTF-8 if it can be, else one character per byte. */
    String text(long count) throws IOException {
        return text(bytes(count));
    }

    private static String text(byte[] bytes) {
        try {
            return decodeUtf8(bytes);
        } catch (CharacterCodingException e) {
            return new String(bytes, StandardCharsets.ISO_8859_1);
        }
    }

    /** The rest of the line, without its end. */
    String line() throws IOException {
        StringBuilder line = new StringBuilder();
        for (int c = u8(); c != '\n'; c = u8()) {
            if (line.length() == MAX_LINE) {
                throw new IOException("a line is longer than " + MAX_LINE + " bytes");
            }
            line.append((char) c);
        }
        return line.toString();
    }

    /** A line that holds a number, {@code 00} or {@code 01} for the truth values, perhaps with an {@code L} behind. */
    Object integerLine() throws IOException {
        String line = line().strip();
        if (line.equals("00") || line.equals("01")) {
            return line.equals("01");
        }
        String digits = line.endsWith("L") ? line.substring(0, line.length() - 1) : line;
        if (!digits.matches("[+-]?[0-9]{1,5000}")) {
            throw new IOException("a line should hold a whole number, and doesn't");
        }
        return narrow(new BigInteger(digits));
    }

    double floatLine() throws IOException {
        String line = line().strip();
        return switch (line) {
            case "inf" -> Double.POSITIVE_INFINITY;
            case "-inf" -> Double.NEGATIVE_INFINITY;
            case "nan" -> Double.NaN;
            default -> {
                try {
                    yield Double.parseDouble(line);
                } catch (NumberFormatException e) {
                    throw new IOException("a line should hold a number, and doesn't", e);
                }
            }
        };
    }

    /** A quoted string with Python's escapes. */
    String quotedLine() throws IOException {
        String line = line().strip();
        int last = line.length() - 1;
        if (last < 1 || line.charAt(0) != line.charAt(last) || (line.charAt(0) != '\'' && line.charAt(0) != '"')) {
            throw new IOException("a line should hold a quoted string, and doesn't");
        }
        ByteBuffer bytes = ByteBuffer.allocate(line.length());
        int at = 1;
        while (at < last) {
            char c = line.charAt(at++);
            if (c != '\\') {
                bytes.put((byte) c);
                continue;
            }
            char escape = at < last ? line.charAt(at++) : '?';
            switch (escape) {
                case '\\', '\'', '"' -> bytes.put((byte) escape);
                case 'n' -> bytes.put((byte) '\n');
                case 'r' -> bytes.put((byte) '\r');
                case 't' -> bytes.put((byte) '\t');
                case 'x' -> {
                    bytes.put((byte) hex(line, at, 2, last));
                    at += 2;
                }
                default -> throw new IOException("a string has an escape that isn't known");
            }
        }
        byte[] decoded = new byte[bytes.position()];
        bytes.flip().get(decoded);
        return text(decoded);
    }

    /** A line of Latin-1 with {@code \}{@code uXXXX} and {@code \}{@code UXXXXXXXX} for all other characters. */
    String rawUnicodeLine() throws IOException {
        String line = line();
        StringBuilder decoded = new StringBuilder();
        int at = 0;
        while (at < line.length()) {
            char c = line.charAt(at++);
            char escape = c == '\\' && at < line.length() ? line.charAt(at) : '\0';
            if (escape == 'u' || escape == 'U') {
                int digits = escape == 'u' ? 4 : 8;
                int codePoint = hex(line, at + 1, digits, line.length());
                if (!Character.isValidCodePoint(codePoint)) {
                    throw new IOException("a string has a character that doesn't exist");
                }
                decoded.appendCodePoint(codePoint);
                at += 1 + digits;
            } else {
                decoded.append(c);
            }
        }
        return decoded.toString();
    }

    private static int hex(String line, int start, int digits, int end) throws IOException {
        if (start + digits > end || !line.substring(start, start + digits).matches("[0-9a-fA-F]+")) {
            throw new IOException("a string has an escape that is cut off");
        }
        return Integer.parseUnsignedInt(line.substring(start, start + digits), 16);
    }

    private static Object narrow(BigInteger value) {
        return value.bitLength() < 64 ? (Object) value.longValue() : value;
    }

    private static String decodeUtf8(byte[] bytes) throws CharacterCodingException {
        return StandardCharsets.UTF_8
                .newDecoder()
                .decode(ByteBuffer.wrap(bytes))
                .toString();
    }

    private ByteBuffer littleEndian(int count) throws IOException {
        return ByteBuffer.wrap(bytes(count)).order(ByteOrder.LITTLE_ENDIAN);
    }
}
