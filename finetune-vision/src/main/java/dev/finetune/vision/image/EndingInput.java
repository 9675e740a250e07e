package dev.finetune.vision.image;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import javax.imageio.stream.MemoryCacheImageInputStream;

/**
 * An encoded picture that is at its end for good. The decoder of lossless WebP reads a few bytes beyond, as it may; where its bits end
 * early it goes on with bits of before, an exception for each byte, which takes a minute for a picture that is large by its header.
 */
final class EndingInput extends MemoryCacheImageInputStream {
    /** A decoder holds up to 8 bytes that it hasn't used, and asks for the next each time that it has used one. */
    private static final int MOST_TIMES_AT_END = 24;

    private int timesAtEnd;

    EndingInput(byte[] encoded) {
        super(new ByteArrayInputStream(encoded));
    }

    @Override
    public int read() throws IOException {
        return counted(super.read());
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        return counted(super.read(bytes, offset, length));
    }

    private int counted(int read) throws IOException {
        if (read < 0 && ++timesAtEnd > MOST_TIMES_AT_END) {
            throw new IOException("its data end before the picture is complete");
        }
        return read;
    }
}
