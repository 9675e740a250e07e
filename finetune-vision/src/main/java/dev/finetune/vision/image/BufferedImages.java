package dev.finetune.vision.image;

import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.ComponentColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;

/**
 * Java's pictures as plain pixels: stored samples are taken as they are, where they are grey or RGB (Java itself would
 * brighten grey, which it takes for linear); alpha is dropped.
 */
public final class BufferedImages {
    private BufferedImages() {}

    /**
     * {@return a picture as plain pixels, copied}
     *
     * @param image of any type and colour space; alpha is left out, as by PIL's convert("RGB")
     */
    public static Pixels pixels(BufferedImage image) {
        ColorModel model = image.getColorModel();
        if (model instanceof IndexColorModel indexed) {
            return palette(image.getRaster(), indexed);
        }
        int space = model.getColorSpace().getType();
        int kind = image.getRaster().getSampleModel().getDataType();
        boolean whole = kind == DataBuffer.TYPE_BYTE || kind == DataBuffer.TYPE_USHORT;
        boolean known = space == ColorSpace.TYPE_GRAY || space == ColorSpace.TYPE_RGB;
        if (model instanceof ComponentColorModel && whole && known && !model.isAlphaPremultiplied()) {
            return samples(image.getRaster(), model);
        }
        return converted(image);
    }

    private static Pixels palette(Raster raster, IndexColorModel model) {
        int width = raster.getWidth();
        int height = raster.getHeight();
        byte[] rgb = new byte[width * height * 3];
        int[] line = new int[width];
        int to = 0;
        for (int row = 0; row < height; row++) {
            raster.getSamples(raster.getMinX(), raster.getMinY() + row, width, 1, 0, line);
            for (int index : line) {
                // An index past the palette's end is black, as in Pillow.
                int colour = index < model.getMapSize() ? model.getRGB(index) : 0;
                rgb[to++] = (byte) (colour >> 16);
                rgb[to++] = (byte) (colour >> 8);
                rgb[to++] = (byte) colour;
            }
        }
        return new Pixels(rgb, height, width);
    }

    private static Pixels samples(Raster raster, ColorModel model) {
        int width = raster.getWidth();
        int height = raster.getHeight();
        int bands = raster.getNumBands();
        boolean colour = model.getNumColorComponents() == 3;
        int bits = model.getComponentSize(0);
        int drop = Math.max(0, bits - 8);
        int full = (1 << Math.min(bits, 8)) - 1;
        byte[] rgb = new byte[width * height * 3];
        int[] line = new int[width * bands];
        int to = 0;
        for (int row = 0; row < height; row++) {
            raster.getPixels(raster.getMinX(), raster.getMinY() + row, width, 1, line);
            for (int at = 0; at < line.length; at += bands) {
                for (int channel = 0; channel < 3; channel++) {
                    int sample = line[colour ? at + channel : at] >> drop;
                    rgb[to++] = (byte) (full == 255 ? sample : sample * 255 / full);
                }
            }
        }
        return new Pixels(rgb, height, width);
    }

    private static Pixels converted(BufferedImage image) {
        int width = image.getWidth();
        int height = image.getHeight();
        byte[] rgb = new byte[width * height * 3];
        int[] line = new int[width];
        int to = 0;
        for (int row = 0; row < height; row++) {
            image.getRGB(0, row, width, 1, line, 0, width);
            for (int colour : line) {
                rgb[to++] = (byte) (colour >> 16);
                rgb[to++] = (byte) (colour >> 8);
                rgb[to++] = (byte) colour;
            }
        }
        return new Pixels(rgb, height, width);
    }

    /**
     * {@return the pixels as a picture of Java's own kind, RGB without alpha}
     *
     * @param pixels copied
     */
    public static BufferedImage of(Pixels pixels) {
        int width = pixels.width();
        BufferedImage image = new BufferedImage(width, pixels.height(), BufferedImage.TYPE_INT_RGB);
        int[] line = new int[width];
        for (int row = 0; row < pixels.height(); row++) {
            for (int column = 0; column < width; column++) {
                line[column] =
                        pixels.at(row, column, 0) << 16 | pixels.at(row, column, 1) << 8 | pixels.at(row, column, 2);
            }
            image.setRGB(0, row, width, 1, line, 0, width);
        }
        return image;
    }
}
