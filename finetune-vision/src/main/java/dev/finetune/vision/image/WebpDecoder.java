package dev.finetune.vision.image;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;

/**
 * WebP, lossy and lossless; of an animation the first frame. Decoded by TwelveMonkeys ImageIO. Alpha is dropped. Lossless pictures are as
 * Pillow has them to the bit; lossy ones have a colour for each 2 x 2 pixels, which is put into all four, where libwebp, and so Pillow,
 * draws them together, so that colours differ at sharp edges.
 */
final class WebpDecoder {
    private static final int RIFF_HEADER = 12;

    private WebpDecoder() {}

    static Pixels decode(byte[] bytes, ImageLimits limits) throws BrokenImage {
        long expected = bytes.length < RIFF_HEADER ? RIFF_HEADER : number(bytes, 4) + 8;
        if (bytes.length < expected) {
            throw BrokenImage.endedEarly("after " + bytes.length + " of " + expected + " bytes");
        }
        int[] size = PlatformReaders.WEBP.use(
                bytes, new ArrayList<>(), reader -> new int[] {reader.getWidth(0), reader.getHeight(0)});
        limits.check(size[0], size[1], bytes.length, 1);
        checkFrames(bytes, RIFF_HEADER, bytes.length, limits);
        Pixels pixels = BufferedImages.pixels(PlatformReaders.WEBP.image(bytes, new ArrayList<>()));
        return Orientation.upright(pixels, orientation(bytes));
    }

    /** The sizes that the coded pictures say themselves, which the container needn't repeat. */
    private static void checkFrames(byte[] bytes, int from, int end, ImageLimits limits) throws BrokenImage {
        int at = from;
        while (at + 8 <= end) {
            long size = number(bytes, at + 4);
            int start = at + 8;
            if (size > end - start) {
                return;
            }
            String type = new String(bytes, at, 4, StandardCharsets.ISO_8859_1);
            if (type.equals("VP8L") && size >= 5) {
                long sides = number(bytes, start + 1);
                limits.check((int) (sides & 0x3FFF) + 1, (int) (sides >> 14 & 0x3FFF) + 1, bytes.length, 1);
            } else if (type.equals("VP8 ") && size >= 10) {
                long sides = number(bytes, start + 6);
                limits.check((int) (sides & 0x3FFF), (int) (sides >> 16 & 0x3FFF), bytes.length, 1);
            } else if (type.equals("ANMF") && size >= 16) {
                checkFrames(bytes, start + 16, start + (int) size, limits);
            }
            at = start + (int) size + (int) (size & 1);
        }
    }

    private static int orientation(byte[] bytes) {
        int xmp = Orientation.UNSAID;
        int at = RIFF_HEADER;
        while (at + 8 <= bytes.length) {
            long size = number(bytes, at + 4);
            if (at + 8 + size > bytes.length) {
                return xmp;
            }
            int start = at + 8;
            int end = start + (int) size;
            String type = new String(bytes, at, 4, StandardCharsets.ISO_8859_1);
            if (type.equals("EXIF")) {
                boolean prefixed = ImageFormat.starts(bytes, start, 'E', 'x', 'i', 'f', 0, 0);
                int said = Orientation.ofTiff(bytes, prefixed ? start + 6 : start, end);
                if (said != Orientation.UNSAID) {
                    return said;
                }
            } else if (type.equals("XMP ")) {
                xmp = Orientation.ofXmp(bytes, start, end);
            }
            at = end + (int) (size & 1);
        }
        return xmp;
    }

    private static long number(byte[] bytes, int at) {
        return (bytes[at + 3] & 0xFFL) << 24
                | (bytes[at + 2] & 0xFF) << 16
                | (bytes[at + 1] & 0xFF) << 8
                | bytes[at] & 0xFF;
    }
}
