package dev.finetune.vision.image;

import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How a camera was held: EXIF's tag 274, 1 to 8. Pillow's {@code ImageOps.exif_transpose}, which Transformers applies to
 * every picture that it loads, turns a picture upright by it, or, where EXIF doesn't say it, by tiff:Orientation of XMP.
 */
final class Orientation {
    static final int UPRIGHT = 1;

    /** There is no such tag. */
    static final int UNSAID = 0;

    private static final int TAG = 274;
    private static final int ENTRY = 12;

    /** As Pillow looks for it (Image.getexif). */
    private static final Pattern IN_XMP = Pattern.compile("tiff:Orientation(?:=\"|>)([0-9])");

    private Orientation() {}

    /** The orientation in a TIFF structure; {@link #UNSAID} where it says none or is damaged. */
    static int ofTiff(byte[] bytes, int start, int end) {
        if (end - start < 8 || end > bytes.length) {
            return UNSAID;
        }
        boolean little = bytes[start] == 'I';
        if (bytes[start] != bytes[start + 1] || !little && bytes[start] != 'M') {
            return UNSAID;
        }
        long directory = start + number(bytes, start + 4, 4, little);
        if (directory + 2 > end) {
            return UNSAID;
        }
        int entries = (int) number(bytes, (int) directory, 2, little);
        for (int i = 0; i < entries; i++) {
            long at = directory + 2 + (long) i * ENTRY;
            if (at + ENTRY > end) {
                return UNSAID;
            }
            int entry = (int) at;
            if (number(bytes, entry, 2, little) == TAG) {
                int size = sizeOf((int) number(bytes, entry + 2, 2, little));
                long count = number(bytes, entry + 4, 4, little);
                boolean here = size > 0 && count > 0 && count * size <= 4; // Of several the first counts.
                return here ? known(number(bytes, entry + 8, size, little)) : UPRIGHT;
            }
        }
        return UNSAID;
    }

    /** How many bytes a whole number of a TIFF type takes; 0 for what isn't one. The usual type is 3, of 2 bytes. */
    private static int sizeOf(int type) {
        return switch (type) {
            case 3, 8 -> 2;
            case 4, 9, 13 -> 4;
            case 6 -> 1;
            default -> 0;
        };
    }

    private static int known(long value) {
        return value >= 1 && value <= 8 ? (int) value : UPRIGHT;
    }

    /** The orientation in an XMP packet; {@link #UNSAID} where it says none. */
    static int ofXmp(String packet) {
        Matcher said = IN_XMP.matcher(packet);
        return said.find() ? known(Long.parseLong(said.group(1))) : UNSAID;
    }

    /** The same of a part of a file. */
    static int ofXmp(byte[] bytes, int start, int end) {
        return ofXmp(new String(bytes, start, end - start, StandardCharsets.ISO_8859_1));
    }

    private static long number(byte[] bytes, int at, int size, boolean little) {
        long number = 0;
        for (int i = 0; i < size; i++) {
            number = number << 8 | bytes[little ? at + size - 1 - i : at + i] & 0xFF;
        }
        return number;
    }

    /** The picture as it was seen. */
    static Pixels upright(Pixels pixels, int orientation) {
        if (orientation == UPRIGHT || orientation == UNSAID) {
            return pixels;
        }
        int height = pixels.height();
        int width = pixels.width();
        boolean turned = orientation >= 5;
        int newHeight = turned ? width : height;
        int newWidth = turned ? height : width;
        byte[] from = pixels.rgb();
        byte[] to = new byte[from.length];
        for (int row = 0; row < newHeight; row++) {
            for (int column = 0; column < newWidth; column++) {
                int y = switch (orientation) {
                    case 2 -> row;
                    case 3, 4 -> height - 1 - row;
                    case 5, 6 -> orientation == 5 ? column : height - 1 - column;
                    case 7 -> height - 1 - column;
                    default -> column;
                };
                int x = switch (orientation) {
                    case 2, 3 -> width - 1 - column;
                    case 4 -> column;
                    case 5, 6 -> row;
                    default -> width - 1 - row;
                };
                System.arraycopy(from, (y * width + x) * 3, to, (row * newWidth + column) * 3, 3);
            }
        }
        return new Pixels(to, newHeight, newWidth);
    }
}
