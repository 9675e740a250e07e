package dev.finetune.vision.image;

import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.IndexColorModel;
import java.util.ArrayList;
import java.util.Arrays;

/**
 * GIF: the first frame on the whole screen. As Pillow does it, what the frame leaves free has the transparent colour's
 * index (or index 0), and transparency is dropped.
 */
final class GifDecoder {
    private static final int SCREEN_END = 13;

    private final byte[] bytes;
    private int transparent;
    private int left;
    private int top;
    private int width;
    private int height;

    private GifDecoder(byte[] bytes) {
        this.bytes = bytes;
    }

    static Pixels decode(byte[] bytes, ImageLimits limits) throws BrokenImage {
        return new GifDecoder(bytes).decode(limits);
    }

    private Pixels decode(ImageLimits limits) throws BrokenImage {
        boolean palette = findFrame();
        int screenWidth = Math.max(number(6), left + width);
        int screenHeight = Math.max(number(8), top + height);
        limits.check(screenWidth, screenHeight);
        limits.check(width, height, bytes.length, 1);
        BufferedImage frame = PlatformReaders.GIF.image(bytes, new ArrayList<>());
        if (frame.getWidth() != width || frame.getHeight() != height) {
            throw new BrokenImage("its frame is not of the size that its header says");
        }
        ColorModel model = frame.getColorModel();
        byte[] rgb = new byte[screenWidth * screenHeight * 3];
        byte[] free = colour(palette, model, transparent);
        for (int at = 0; at < rgb.length && !Arrays.equals(free, new byte[3]); at += 3) {
            System.arraycopy(free, 0, rgb, at, 3);
        }
        byte[][] colours = new byte[256][];
        for (int index = 0; index < colours.length; index++) {
            colours[index] = colour(palette, model, index);
        }
        int[] line = new int[width];
        for (int row = 0; row < height; row++) {
            frame.getRaster().getSamples(0, row, width, 1, 0, line);
            int to = ((top + row) * screenWidth + left) * 3;
            for (int index : line) {
                System.arraycopy(colours[index & 0xFF], 0, rgb, to, 3);
                to += 3;
            }
        }
        return new Pixels(rgb, screenHeight, screenWidth);
    }

    private static byte[] colour(boolean palette, ColorModel model, int index) {
        if (!palette) {
            return new byte[] {(byte) index, (byte) index, (byte) index};
        }
        if (!(model instanceof IndexColorModel indexed) || index >= indexed.getMapSize()) {
            return new byte[3];
        }
        return new byte[] {(byte) indexed.getRed(index), (byte) indexed.getGreen(index), (byte) indexed.getBlue(index)};
    }

    /** Walks to the first frame and to its end; says whether it has colours of its own or the screen's. */
    private boolean findFrame() throws BrokenImage {
        need(SCREEN_END);
        int flags = bytes[10];
        boolean palette = (flags & 0x80) != 0;
        int at = SCREEN_END + (palette ? 3 << (flags & 7) + 1 : 0);
        while (true) {
            need(at + 1);
            int kind = bytes[at] & 0xFF;
            if (kind == 0x21) {
                need(at + 8);
                if ((bytes[at + 1] & 0xFF) == 0xF9 && (bytes[at + 3] & 1) != 0) {
                    transparent = bytes[at + 6] & 0xFF;
                }
                at = blocksEnd(at + 2);
            } else if (kind == 0x2C) {
                need(at + 11);
                left = number(at + 1);
                top = number(at + 3);
                width = number(at + 5);
                height = number(at + 7);
                int local = bytes[at + 9];
                boolean own = (local & 0x80) != 0;
                blocksEnd(at + 11 + (own ? 3 << (local & 7) + 1 : 0));
                return palette || own;
            } else {
                throw new BrokenImage("there is no picture in it (byte " + at + " is " + String.format("%02X", kind)
                        + ", expected a frame)");
            }
        }
    }

    private int blocksEnd(int from) throws BrokenImage {
        int at = from;
        while (true) {
            need(at + 1);
            int size = bytes[at] & 0xFF;
            at += size + 1;
            if (size == 0) {
                return at;
            }
        }
    }

    private void need(int size) throws BrokenImage {
        if (bytes.length < size) {
            throw BrokenImage.endedEarly("at byte " + bytes.length + " and before the end of its first frame");
        }
    }

    private int number(int at) {
        return bytes[at] & 0xFF | (bytes[at + 1] & 0xFF) << 8;
    }
}
