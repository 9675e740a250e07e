package dev.finetune.vision.image;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Optional;
import java.util.zip.InflaterInputStream;

/**
 * A text in a PNG file, of a chunk tEXt, zTXt or iTXt.
 *
 * @param keyword what it is
 * @param text its characters, each a byte
 */
record PngText(String keyword, String text) {
    private static final String XMP = "XML:com.adobe.xmp";
    private static final String EXIF = "Raw profile type exif";

    /** Pillow reads no longer ones. */
    private static final int LONGEST = 1 << 20;

    /** The text in the data of a chunk; empty where it is damaged, or too long. */
    static Optional<PngText> read(byte[] bytes, int start, int end, String type) {
        int after = zero(bytes, start, end);
        boolean international = type.equals("iTXt");
        if (after < 0 || international && end - after < 3) {
            return Optional.empty();
        }
        boolean packed = type.equals("zTXt") || international && bytes[after + 1] == 1;
        int from = after + 1 + (type.equals("zTXt") ? 1 : 0);
        if (international) {
            int language = zero(bytes, after + 3, end);
            from = language < 0 ? -1 : zero(bytes, language + 1, end) + 1;
        }
        if (from < 1 || from > end) {
            return Optional.empty();
        }
        String keyword = latin(bytes, start, after);
        return (packed ? unpacked(bytes, from, end) : Optional.of(latin(bytes, from, end)))
                .map(text -> new PngText(keyword, text));
    }

    private static int zero(byte[] bytes, int start, int end) {
        for (int at = start; at < end; at++) {
            if (bytes[at] == 0) {
                return at;
            }
        }
        return -1;
    }

    private static String latin(byte[] bytes, int start, int end) {
        return new String(bytes, start, end - start, StandardCharsets.ISO_8859_1);
    }

    private static Optional<String> unpacked(byte[] bytes, int start, int end) {
        try (InflaterInputStream input = new InflaterInputStream(new ByteArrayInputStream(bytes, start, end - start))) {
            byte[] text = input.readNBytes(LONGEST + 1);
            return text.length > LONGEST ? Optional.empty() : Optional.of(latin(text, 0, text.length));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** The orientation that an XMP packet says; {@link Orientation#UNSAID} where this is none. */
    int xmpOrientation() {
        return keyword.equals(XMP) ? Orientation.ofXmp(text) : Orientation.UNSAID;
    }

    /** The orientation that EXIF data in hexadecimal digits says, as ImageMagick writes it: behind three lines. */
    int exifOrientation() {
        String[] lines = keyword.equals(EXIF) ? text.split("\n", 4) : new String[0];
        if (lines.length < 4) {
            return Orientation.UNSAID;
        }
        try {
            byte[] exif = HexFormat.of().parseHex(lines[3].replaceAll("\\s", ""));
            boolean prefixed = ImageFormat.starts(exif, 0, 'E', 'x', 'i', 'f', 0, 0);
            return Orientation.ofTiff(exif, prefixed ? 6 : 0, exif.length);
        } catch (IllegalArgumentException e) {
            return Orientation.UNSAID;
        }
    }
}
