package dev.finetune.vision.image;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Optional;
import java.util.zip.CRC32;

/**
 * PNG of any kind. As Pillow's {@code convert("RGB")}: alpha is dropped, 16-bit colours are cut to their high byte, and
 * gamma and colour profiles are left alone. So is 16-bit grey, of which Pillow would make all from 255 on white. Chunks are checked and only those that hold the picture are decoded.
 */
final class PngDecoder {
    private static final int SIGNATURE = 8;

    private PngDecoder() {}

    static Pixels decode(byte[] bytes, ImageLimits limits) throws BrokenImage {
        ByteArrayOutputStream plain = new ByteArrayOutputStream(bytes.length);
        plain.write(bytes, 0, SIGNATURE);
        int exif = Orientation.UNSAID;
        int profile = Orientation.UNSAID;
        int xmp = Orientation.UNSAID;
        int at = SIGNATURE;
        while (true) {
            if (at + 12 > bytes.length) {
                throw BrokenImage.endedEarly("at byte " + bytes.length + " and without the mark of its end");
            }
            long length = number(bytes, at);
            if (at + 12 + length > bytes.length) {
                throw BrokenImage.endedEarly("at byte " + bytes.length + " inside of the picture");
            }
            int size = (int) length;
            String type = new String(bytes, at + 4, 4, StandardCharsets.ISO_8859_1);
            if (at == SIGNATURE) {
                header(bytes, at, type, size, limits);
            }
            switch (type) {
                case "IHDR", "PLTE", "IDAT", "IEND" -> {
                    check(bytes, at, type, size);
                    plain.write(bytes, at, size + 12);
                }
                case "eXIf" -> exif = Orientation.ofTiff(bytes, at + 8, at + 8 + size);
                case "tEXt", "zTXt", "iTXt" -> {
                    Optional<PngText> text = PngText.read(bytes, at + 8, at + 8 + size, type);
                    profile = text.map(PngText::exifOrientation)
                            .filter(said -> said != Orientation.UNSAID)
                            .orElse(profile);
                    xmp = text.map(PngText::xmpOrientation)
                            .filter(said -> said != Orientation.UNSAID)
                            .orElse(xmp);
                }
                default -> {}
            }
            if (type.equals("IEND")) {
                break;
            }
            at += size + 12;
        }
        Pixels pixels = BufferedImages.pixels(PlatformReaders.PNG.image(plain.toByteArray(), new ArrayList<>()));
        int said = exif == Orientation.UNSAID ? profile : exif;
        return Orientation.upright(pixels, said == Orientation.UNSAID ? xmp : said);
    }

    private static void header(byte[] bytes, int at, String type, int size, ImageLimits limits) throws BrokenImage {
        if (!type.equals("IHDR") || size != 13) {
            throw new BrokenImage("its header is damaged (the first chunk is " + type + ", expected IHDR)");
        }
        limits.check(
                (int) Math.min(Integer.MAX_VALUE, number(bytes, at + 8)),
                (int) Math.min(Integer.MAX_VALUE, number(bytes, at + 12)),
                bytes.length,
                1);
    }

    private static void check(byte[] bytes, int at, String type, int size) throws BrokenImage {
        CRC32 sum = new CRC32();
        sum.update(bytes, at + 4, size + 4);
        if (sum.getValue() != number(bytes, at + 8 + size)) {
            throw new BrokenImage(
                    "its picture data is damaged (wrong check sum of a " + type + " chunk at byte " + at + ")");
        }
    }

    private static long number(byte[] bytes, int at) {
        return (bytes[at] & 0xFFL) << 24
                | (bytes[at + 1] & 0xFF) << 16
                | (bytes[at + 2] & 0xFF) << 8
                | bytes[at + 3] & 0xFF;
    }
}
