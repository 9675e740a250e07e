package dev.finetune.data;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.Charset;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Reads numbered lines, ended by LF, CR LF or CR, and marks those with bytes that aren't text in the file's encoding:
 * unlike {@link java.io.BufferedReader}, which either hides such bytes or can't say where they were.
 */
final class LineReader implements Closeable {
    /** The most characters of a line; it is kept in memory as a whole. */
    static final int LONGEST = 1 << 26;

    /** For {@link #skip} of lines that no character makes a row, where they are blank but for it. */
    static final int NO_CHARACTER = -1;

    private final InputStream in;
    private final Charset charset;
    private final CharsetDecoder decoder;
    private final ByteBuffer bytes = ByteBuffer.allocate(1 << 16).limit(0);
    private final CharBuffer chars = CharBuffer.allocate(1 << 16).limit(0);
    private boolean ended;
    private boolean finished;
    private long number;
    /** What is wrong with the bytes that the next character stands for. */
    private @Nullable String faultAhead;

    private @Nullable String fault;

    /**
     * A line.
     *
     * @param number counted from 1
     * @param text the line without its end
     * @param end {@code "\n"} (also for a lone CR), {@code "\r\n"}, or nothing for a last line without one
     * @param fault what is wrong with its bytes, or null
     */
    record Line(
            long number, String text, String end, @Nullable String fault) {
        /** The text of a line whose bytes are right. */
        String checkedText() throws BadRow {
            if (fault != null) {
                throw new BadRow(number, fault);
            }
            return text;
        }
    }

    private LineReader(TextSource source) {
        this.in = source.stream();
        this.charset = source.charset();
        this.decoder = charset.newDecoder()
                .onMalformedInput(CodingErrorAction.REPORT)
                .onUnmappableCharacter(CodingErrorAction.REPORT);
    }

    static LineReader open(Path path, Charset charset) throws IOException {
        return new LineReader(TextSource.open(path, charset));
    }

    /** The next line, or null at the end. */
    @Nullable
    Line next() throws IOException {
        fault = null;
        int c = read();
        if (c < 0) {
            return null;
        }
        number++;
        StringBuilder text = new StringBuilder();
        while (c >= 0 && c != '\n' && c != '\r') {
            if (text.length() == LONGEST) {
                throw new IOException("line " + number + " has more than " + LONGEST + " characters");
            }
            text.append((char) c);
            c = read();
        }
        String end = c < 0 ? "" : "\n";
        if (c == '\r' && peek() == '\n') {
            read();
            end = "\r\n";
        }
        return new Line(number, text.toString(), end, fault);
    }

    /**
     * Passes over lines up to the next one that isn't blank, that included, and makes nothing of them; false at the end.
     *
     * @param telling a character that is never taken for blank, such as a tab between columns
     */
    boolean skip(int telling) throws IOException {
        boolean isBlank = true;
        boolean isWithin = false;
        while (chars.hasRemaining() || fill()) {
            faultAhead = null;
            final int end = endOfLine();
            isWithin |= end > chars.position();
            for (int i = chars.position(); isBlank && i < end; i++) {
                isBlank = chars.get(i) != telling && Character.isWhitespace(chars.get(i));
            }
            chars.position(end);
            if (!chars.hasRemaining()) {
                continue;
            }
            number++;
            isWithin = false;
            if (chars.get() == '\r' && peek() == '\n') {
                chars.get();
            }
            if (!isBlank) {
                return true;
            }
        }
        number += isWithin ? 1 : 0;
        return !isBlank;
    }

    /** Of the characters that are decoded, the place of the first one that ends a line, else where they end. */
    private int endOfLine() {
        int at = chars.position();
        while (at < chars.limit() && chars.get(at) != '\n' && chars.get(at) != '\r') {
            at++;
        }
        return at;
    }

    private int read() throws IOException {
        int c = peek();
        if (c >= 0) {
            chars.position(chars.position() + 1);
            if (faultAhead != null) {
                fault = fault == null ? faultAhead : fault;
                faultAhead = null;
            }
        }
        return c;
    }

    private int peek() throws IOException {
        return chars.hasRemaining() || fill() ? chars.get(chars.position()) : -1;
    }

    /** Decodes more; characters before malformed bytes come first, then one that stands for the bytes. */
    private boolean fill() throws IOException {
        if (finished) {
            return false;
        }
        chars.clear();
        while (true) {
            CoderResult result = decoder.decode(bytes, chars, ended);
            if (chars.position() > 0) {
                break;
            }
            if (result.isError()) {
                faultAhead = describeMalformed(result.length());
                bytes.position(bytes.position() + result.length());
                chars.put('\uFFFD');
                break;
            }
            if (ended) {
                decoder.flush(chars);
                finished = true;
                break;
            }
            readBytes();
        }
        chars.flip();
        return chars.hasRemaining();
    }

    private void readBytes() throws IOException {
        bytes.compact();
        int count = in.read(bytes.array(), bytes.position(), bytes.remaining());
        if (count < 0) {
            ended = true;
        } else {
            bytes.position(bytes.position() + count);
        }
        bytes.flip();
    }

    private String describeMalformed(int length) {
        StringBuilder hex = new StringBuilder();
        for (int i = 0; i < length; i++) {
            hex.append(i == 0 ? "" : " ").append(String.format("0x%02X", bytes.get(bytes.position() + i) & 0xFF));
        }
        return "bytes that are not " + charset.name() + " (" + hex
                + "); if the file has another encoding, name it with charset(...)";
    }

    @Override
    public void close() throws IOException {
        in.close();
    }
}
