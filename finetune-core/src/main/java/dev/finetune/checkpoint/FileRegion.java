package dev.finetune.checkpoint;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/** A stretch of a file, read forwards through a small buffer; never reads past its end. */
final class FileRegion extends InputStream {
    private final FileChannel channel;
    private final ByteBuffer buffer = ByteBuffer.allocate(1 << 16).limit(0);
    private final long end;
    /** Where in the file the bytes after the buffer are. */
    private long next;

    FileRegion(FileChannel channel, long start, long length) {
        this.channel = channel;
        this.next = start;
        this.end = Math.addExact(start, length);
    }

    /** Where in the file the next byte is. */
    long position() {
        return next - buffer.remaining();
    }

    long remaining() {
        return end - position();
    }

    @Override
    public int read() throws IOException {
        return fill() ? buffer.get() & 0xff : -1;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        if (!fill()) {
            return -1;
        }
        int count = Math.min(length, buffer.remaining());
        buffer.get(target, offset, count);
        return count;
    }

    /** Passes over that many bytes, which aren't read. */
    void pass(long count) throws IOException {
        if (count < 0 || count > remaining()) {
            throw new EOFException("wanted to pass over " + count + " bytes, and " + remaining() + " are left");
        }
        if (count <= buffer.remaining()) {
            buffer.position(buffer.position() + (int) count);
        } else {
            next = position() + count;
            buffer.limit(0);
        }
    }

    /** Reads exactly that many bytes; memory is taken only when the region has them. */
    byte[] readExactly(long count) throws IOException {
        if (count < 0 || count > remaining() || count > Integer.MAX_VALUE - 8) {
            throw new EOFException("wanted " + count + " bytes, and " + remaining() + " are left");
        }
        byte[] bytes = readNBytes((int) count);
        if (bytes.length != count) {
            throw new EOFException("the file became shorter while it was read");
        }
        return bytes;
    }

    private boolean fill() throws IOException {
        if (buffer.hasRemaining()) {
            return true;
        }
        long wanted = Math.min(buffer.capacity(), end - next);
        if (wanted <= 0) {
            return false;
        }
        buffer.clear().limit((int) wanted);
        int count = channel.read(buffer, next);
        buffer.flip();
        if (count <= 0) {
            buffer.limit(0);
            return false;
        }
        next += count;
        return true;
    }
}
