package dev.finetune.vision.image;

import dev.finetune.error.FinetuneException;
import java.util.Arrays;

/**
 * A decoded picture: 8-bit red, green and blue, interleaved, row by row from the top left. Never changes once made:
 * whoever holds the array that it was made of, or that {@link #rgb()} gives, must not write to it.
 *
 * @param rgb {@code height * width * 3} bytes, each read as 0 to 255
 * @param height rows
 * @param width columns
 */
public record Pixels(byte[] rgb, int height, int width) {
    /** The number of channels: red, green, blue. */
    public static final int CHANNELS = 3;

    /**
     * Checks that the array fits the size.
     *
     * @throws FinetuneException if it doesn't
     */
    public Pixels {
        if (height < 1 || width < 1 || rgb.length != (long) height * width * CHANNELS) {
            throw new FinetuneException("A picture of " + width + " x " + height + " pixels (width x height) needs "
                    + (long) height * width * CHANNELS + " bytes of RGB, but there are " + rgb.length + ".");
        }
    }

    /**
     * {@return a picture of the same grey in all channels}
     *
     * @param grey {@code height * width} bytes
     * @param height in pixels
     * @param width in pixels
     */
    public static Pixels ofGrey(byte[] grey, int height, int width) {
        if (grey.length != (long) height * width) {
            throw new FinetuneException(
                    "A grey picture of " + width + " x " + height + " pixels (width x height) needs "
                            + (long) height * width + " bytes, but there are " + grey.length + ".");
        }
        byte[] rgb = new byte[Math.multiplyExact(grey.length, CHANNELS)];
        for (int i = 0; i < grey.length; i++) {
            rgb[3 * i] = grey[i];
            rgb[3 * i + 1] = grey[i];
            rgb[3 * i + 2] = grey[i];
        }
        return new Pixels(rgb, height, width);
    }

    /**
     * {@return one value, 0 to 255; channel 0 is red}
     *
     * @param row from 0, the top
     * @param column from 0, the left
     * @param channel 0 to 2: red, green, blue
     */
    public int at(int row, int column, int channel) {
        return rgb[(row * width + column) * CHANNELS + channel] & 0xFF;
    }

    /**
     * A part of the picture. What lies outside of it is black.
     *
     * @param top the first row, maybe negative
     * @param left the first column, maybe negative
     * @param newHeight in pixels, at least 1
     * @param newWidth in pixels, at least 1
     * @return the part, copied
     */
    public Pixels crop(int top, int left, int newHeight, int newWidth) {
        if (top == 0 && left == 0 && newHeight == height && newWidth == width) {
            return this;
        }
        byte[] cropped = new byte[newHeight * newWidth * CHANNELS];
        int from = Math.max(0, left);
        int columns = Math.min(width, left + newWidth) - from;
        for (int row = Math.max(0, top); row < Math.min(height, top + newHeight) && columns > 0; row++) {
            System.arraycopy(
                    rgb,
                    (row * width + from) * CHANNELS,
                    cropped,
                    ((row - top) * newWidth + from - left) * CHANNELS,
                    columns * CHANNELS);
        }
        return new Pixels(cropped, newHeight, newWidth);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Pixels that
                && height == that.height
                && width == that.width
                && Arrays.equals(rgb, that.rgb);
    }

    @Override
    public int hashCode() {
        return 31 * (31 * height + width) + Arrays.hashCode(rgb);
    }

    /** Such as {@code 640 x 480 pixels}, width first. */
    @Override
    public String toString() {
        return width + " x " + height + " pixels";
    }
}
