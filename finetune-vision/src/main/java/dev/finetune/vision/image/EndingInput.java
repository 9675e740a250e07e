package dev.finetune.vision.image;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.SequenceInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;

/**
 * An encoded picture, some zeros behind it, and then an error. The decoder of lossless WebP looks 8 bytes ahead. Where there are none, it
 * throws and catches an exception for each number that it decodes, be it of no bits, as those of plain surfaces are, and where bits end
 * early, it takes others for them: that takes a minute for a picture that is large by its header.
 */
final class EndingInput extends MemoryCacheImageInputStream {
    private static final int ZEROS = 16;

    EndingInput(byte[] encoded) {
        super(new SequenceInputStream(new ByteArrayInputStream(encoded), new ByteArrayInputStream(new byte[ZEROS])));
    }

    @Override
    public int read() throws IOException {
        return there(super.read());
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        return there(super.read(bytes, offset, length));
    }

    private static int there(int read) throws IOException {
        if (read < 0) {
            throw new IOException("its data end before the picture is complete");
        }
        return read;
    }
}
