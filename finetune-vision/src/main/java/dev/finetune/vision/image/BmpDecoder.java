package dev.finetune.vision.image;

import java.util.ArrayList;

/** BMP of the kinds that the JDK reads: 1 to 32 bits, with or without a palette, run lengths, bit fields. */
final class BmpDecoder {
    private static final int CORE_HEADER = 12;

    private BmpDecoder() {}

    static Pixels decode(byte[] bytes, ImageLimits limits) throws BrokenImage {
        if (bytes.length < 30) {
            throw BrokenImage.endedEarly("at byte " + bytes.length + " inside of a header");
        }
        boolean core = number(bytes, 14, 4) == CORE_HEADER;
        int size = core ? 2 : 4;
        int width = number(bytes, 18, size);
        int height = number(bytes, 18 + size, size);
        limits.check(width, height == Integer.MIN_VALUE ? 0 : Math.abs(height));
        limits.check(width, Math.abs(height), bytes.length, 1);
        checkHeader(bytes, core);
        int bits = number(bytes, core ? 24 : 28, 2);
        int compression = core || bytes.length < 34 ? 0 : number(bytes, 30, 4);
        if (compression == 0 || compression == 3) {
            long line = ((long) width * bits + 31) / 32 * 4;
            long expected = (number(bytes, 10, 4) & 0xFFFFFFFFL) + line * Math.abs(height);
            if (bytes.length < expected) {
                throw BrokenImage.endedEarly("after " + bytes.length + " of " + expected + " bytes");
            }
        }
        return BufferedImages.pixels(PlatformReaders.BMP.image(bytes, new ArrayList<>()));
    }

    /** A picture of another format inside, or more colours than there are bytes, would be believed by the decoder. */
    private static void checkHeader(byte[] bytes, boolean core) throws BrokenImage {
        int compression = core || bytes.length < 34 ? 0 : number(bytes, 30, 4);
        if (compression < 0 || compression > 3) {
            throw new BrokenImage(
                    "it has the compression " + Integer.toUnsignedLong(compression) + ", 0 to 3 are read");
        }
        long colours = core || bytes.length < 50 ? 0 : Integer.toUnsignedLong(number(bytes, 46, 4));
        long start = Integer.toUnsignedLong(number(bytes, 10, 4));
        long header = Integer.toUnsignedLong(number(bytes, 14, 4));
        if (colours * 4 > bytes.length || start > bytes.length || header > bytes.length) {
            throw new BrokenImage("its header tells of " + colours + " colours and data at byte " + start
                    + ", and the file has " + bytes.length + " bytes");
        }
    }

    private static int number(byte[] bytes, int at, int size) {
        int number = 0;
        for (int i = size - 1; i >= 0; i--) {
            number = number << 8 | bytes[at + i] & 0xFF;
        }
        return number;
    }
}
