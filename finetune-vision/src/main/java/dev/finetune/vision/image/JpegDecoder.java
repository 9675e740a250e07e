package dev.finetune.vision.image;

import java.awt.image.Raster;
import java.util.ArrayList;
import java.util.List;

/**
 * JPEG: baseline and progressive; grey, YCbCr, RGB, CMYK, YCCK. The JDK's libjpeg gives the components as they are
 * stored, upsampled; colours are computed here with libjpeg's integer formulas (jdcolor.c), and CMYK becomes RGB as
 * Pillow does it (inverted, as Adobe stores it). Colour profiles are not applied, as Pillow doesn't.
 */
final class JpegDecoder {
    /** 1.402, 1.772, -0.71414 and -0.34414 in fixed point with 16 bits, as libjpeg has them. */
    private static final int CR_RED = 91881;

    private static final int CB_BLUE = 116130;
    private static final int CR_GREEN = -46802;
    private static final int CB_GREEN = -22554;
    private static final int HALF = 1 << 15;

    private JpegDecoder() {}

    static Pixels decode(byte[] bytes, ImageLimits limits) throws BrokenImage {
        JpegFile file = JpegFile.parse(bytes, limits);
        List<String> warnings = new ArrayList<>();
        Raster raster = PlatformReaders.JPEG.raster(file.plain(), warnings);
        for (String warning : warnings) {
            // Bytes too many are harmless; everything else means that a part of the picture is made up.
            if (!warning.contains("extraneous bytes")) {
                throw new BrokenImage("its picture data is damaged (" + warning + ")");
            }
        }
        if (raster.getNumBands() != file.channels()
                || raster.getWidth() != file.width()
                || raster.getHeight() != file.height()) {
            throw new BrokenImage("its picture data is not what its header says");
        }
        return Orientation.upright(colours(raster, file), file.orientation());
    }

    private static Pixels colours(Raster raster, JpegFile file) {
        int width = raster.getWidth();
        int height = raster.getHeight();
        int bands = raster.getNumBands();
        JpegFile.Colours colours = file.colours();
        byte[] rgb = new byte[Math.multiplyExact(Math.multiplyExact(width, height), 3)];
        int[] line = new int[width * bands];
        int to = 0;
        for (int row = 0; row < height; row++) {
            raster.getPixels(raster.getMinX(), raster.getMinY() + row, width, 1, line);
            for (int at = 0; at < line.length; at += bands) {
                switch (colours) {
                    case GREY -> put(rgb, to, line[at], line[at], line[at]);
                    case RGB -> put(rgb, to, line[at], line[at + 1], line[at + 2]);
                    case YCC -> {
                        convert(line, at);
                        put(rgb, to, line[at], line[at + 1], line[at + 2]);
                    }
                    // A stored value is 255 minus the ink; YCCK is YCbCr of 255 minus what CMYK would store.
                    case YCCK -> {
                        convert(line, at);
                        int black = line[at + 3];
                        put(rgb, to, shade(line[at], black), shade(line[at + 1], black), shade(line[at + 2], black));
                    }
                    case CMYK -> {
                        int black = line[at + 3];
                        put(
                                rgb,
                                to,
                                shade(255 - line[at], black),
                                shade(255 - line[at + 1], black),
                                shade(255 - line[at + 2], black));
                    }
                }
                to += 3;
            }
        }
        return new Pixels(rgb, height, width);
    }

    /** What is left of the light: {@code black - ink * black / 255}, rounded (Pillow, Convert.c, cmyk2rgb). */
    private static int shade(int ink, int black) {
        int product = ink * black + 128;
        return Math.max(0, black - ((product >> 8) + product >> 8));
    }

    /** Turns luma and chroma into red, green and blue, in place. */
    private static void convert(int[] line, int at) {
        int y = line[at];
        int cb = line[at + 1] - 128;
        int cr = line[at + 2] - 128;
        line[at] = clip(y + (CR_RED * cr + HALF >> 16));
        line[at + 1] = clip(y + (CB_GREEN * cb + HALF + CR_GREEN * cr >> 16));
        line[at + 2] = clip(y + (CB_BLUE * cb + HALF >> 16));
    }

    private static int clip(int value) {
        return Math.max(0, Math.min(255, value));
    }

    private static void put(byte[] rgb, int at, int red, int green, int blue) {
        rgb[at] = (byte) red;
        rgb[at + 1] = (byte) green;
        rgb[at + 2] = (byte) blue;
    }
}
