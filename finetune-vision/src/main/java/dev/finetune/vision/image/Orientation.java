package dev.finetune.vision.image;

/**
 * How a camera was held: EXIF's tag 274, 1 to 8. Pillow's {@code ImageOps.exif_transpose}, which Transformers applies to
 * every picture that it loads, turns a picture upright by it.
 */
final class Orientation {
    static final int UPRIGHT = 1;

    private static final int TAG = 274;
    private static final int SHORT = 3;
    private static final int ENTRY = 12;

    private Orientation() {}

    /** The orientation in a TIFF structure, {@link #UPRIGHT} where it says none or is damaged. */
    static int ofTiff(byte[] bytes, int start, int end) {
        if (end - start < 8 || end > bytes.length) {
            return UPRIGHT;
        }
        boolean little = bytes[start] == 'I';
        if (bytes[start] != bytes[start + 1] || !little && bytes[start] != 'M') {
            return UPRIGHT;
        }
        long directory = start + number(bytes, start + 4, 4, little);
        if (directory + 2 > end) {
            return UPRIGHT;
        }
        int entries = (int) number(bytes, (int) directory, 2, little);
        for (int i = 0; i < entries; i++) {
            long at = directory + 2 + (long) i * ENTRY;
            if (at + ENTRY > end) {
                return UPRIGHT;
            }
            int entry = (int) at;
            if (number(bytes, entry, 2, little) == TAG && number(bytes, entry + 2, 2, little) == SHORT) {
                int value = (int) number(bytes, entry + 8, 2, little);
                return value >= 1 && value <= 8 ? value : UPRIGHT;
            }
        }
        return UPRIGHT;
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
        if (orientation == UPRIGHT) {
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
