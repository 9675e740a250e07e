package dev.finetune.vision;

import dev.finetune.error.FinetuneException;
import dev.finetune.vision.image.BufferedImages;
import dev.finetune.vision.image.Pixels;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Objects;

/**
 * A picture to learn from or to look at: a file, encoded bytes, pixels, or an array that is already what the network
 * reads. Nothing is decoded until it is needed, so a data set of a million files costs a million paths.
 *
 * <p>JPEG, PNG, GIF (first frame), BMP and WebP are read, whatever the file's name says. Two images are equal if they
 * are the same file, or hold the same bytes or pixels; their names don't matter.
 */
public final class Image {
    private final Source source;
    private final String name;

    private Image(Source source, String name) {
        this.source = source;
        this.name = name;
    }

    /** Where a picture comes from. Arrays are borrowed: don't write to them. */
    public sealed interface Source {
        /**
         * A file, read whenever the picture is needed.
         *
         * @param path need not be there yet
         */
        record File(Path path) implements Source {}

        /**
         * The bytes of a file.
         *
         * @param bytes of a whole file, in a format that is read
         */
        record Encoded(byte[] bytes) implements Source {
            @Override
            public boolean equals(Object other) {
                return other instanceof Encoded that && Arrays.equals(bytes, that.bytes);
            }

            @Override
            public int hashCode() {
                return Arrays.hashCode(bytes);
            }
        }

        /**
         * A decoded picture.
         *
         * @param pixels upright
         */
        record Decoded(Pixels pixels) implements Source {}

        /**
         * Numbers that the network reads as they are.
         *
         * @param chw [channels, height, width], row-major
         * @param channels how many numbers a place has
         * @param height how many rows
         * @param width how many columns
         */
        record Normalised(float[] chw, int channels, int height, int width) implements Source {
            @Override
            public boolean equals(Object other) {
                return other instanceof Normalised that
                        && channels == that.channels
                        && height == that.height
                        && width == that.width
                        && Arrays.equals(chw, that.chw);
            }

            @Override
            public int hashCode() {
                return Objects.hash(channels, height, width) * 31 + Arrays.hashCode(chw);
            }
        }
    }

    /**
     * {@return a picture in a file, which is read whenever it is needed and not before}
     *
     * @param file in a format that is read: JPEG, PNG, GIF, BMP or WebP
     */
    public static Image of(Path file) {
        Objects.requireNonNull(file, "file");
        return new Image(new Source.File(file.toAbsolutePath().normalize()), file.toString());
    }

    /**
     * {@return a picture in memory, encoded as JPEG, PNG, GIF, BMP or WebP} The bytes are copied.
     *
     * @param encoded a whole file's bytes
     * @param name what messages call it, such as an upload's name
     */
    public static Image of(byte[] encoded, String name) {
        Objects.requireNonNull(encoded, "encoded");
        Objects.requireNonNull(name, "name");
        return new Image(new Source.Encoded(encoded.clone()), name);
    }

    /**
     * {@return a picture of Java's own kind, copied: later changes of it don't show}
     *
     * @param image of any type and colour space; alpha is left out, as by PIL's convert("RGB")
     */
    public static Image of(BufferedImage image) {
        Objects.requireNonNull(image, "image");
        return decoded(BufferedImages.pixels(image));
    }

    /**
     * Decoded pixels.
     *
     * @param pixels not copied
     * @return a picture of these
     */
    public static Image of(Pixels pixels) {
        Objects.requireNonNull(pixels, "pixels");
        return decoded(pixels);
    }

    /**
     * {@return an encoded picture, read to the stream's end at once} The stream is not closed.
     *
     * @param encoded a whole file's bytes
     * @param name what messages call it
     * @throws FinetuneException if the stream fails
     */
    public static Image read(InputStream encoded, String name) {
        Objects.requireNonNull(encoded, "encoded");
        Objects.requireNonNull(name, "name");
        try {
            return new Image(new Source.Encoded(encoded.readAllBytes()), name);
        } catch (IOException e) {
            throw new FinetuneException(name + " could not be read: " + e, e);
        }
    }

    /**
     * Red, green and blue bytes, interleaved, row by row from the top left; copied.
     *
     * @param interleavedRgb 3 bytes a pixel
     * @param width in pixels
     * @param height in pixels
     * @return a picture of these
     * @throws FinetuneException if there aren't {@code width * height * 3} of them
     */
    public static Image rgb(byte[] interleavedRgb, int width, int height) {
        Objects.requireNonNull(interleavedRgb, "interleavedRgb");
        return decoded(new Pixels(interleavedRgb.clone(), height, width));
    }

    /**
     * Grey bytes, row by row from the top left; copied.
     *
     * @param grey a byte a pixel, 0 for black
     * @param width in pixels
     * @param height in pixels
     * @return a picture with the same value in all channels
     * @throws FinetuneException if there aren't {@code width * height} of them
     */
    public static Image grey(byte[] grey, int width, int height) {
        Objects.requireNonNull(grey, "grey");
        return decoded(Pixels.ofGrey(grey, height, width));
    }

    /**
     * {@return numbers that are already what the network reads, copied: they are neither resized nor normalised nor
     * augmented (but for mixup and CutMix), and must have the size that the model takes}
     *
     * @param chw the values of channel 0 row by row, then of channel 1, and so on
     * @param channels how many numbers a place has; 3 for most models
     * @param height how many rows
     * @param width how many columns
     * @throws FinetuneException if there aren't {@code channels * height * width} of them
     */
    public static Image pixels(float[] chw, int channels, int height, int width) {
        Objects.requireNonNull(chw, "chw");
        if (channels < 1 || height < 1 || width < 1 || chw.length != (long) channels * height * width) {
            throw new FinetuneException("An array of " + channels + " x " + height + " x " + width
                    + " (channels x height x width) needs " + (long) channels * height * width
                    + " numbers, but there are " + chw.length + ".");
        }
        return new Image(
                new Source.Normalised(chw.clone(), channels, height, width),
                "numbers of " + channels + " x " + height + " x " + width);
    }

    private static Image decoded(Pixels pixels) {
        return new Image(new Source.Decoded(pixels), "picture of " + pixels);
    }

    /**
     * {@return the same picture under another name for messages}
     *
     * @param other such as an upload's name
     */
    public Image named(String other) {
        Objects.requireNonNull(other, "other");
        return new Image(source, other);
    }

    /** {@return where it comes from} */
    public Source source() {
        return source;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Image that && source.equals(that.source);
    }

    @Override
    public int hashCode() {
        return source.hashCode();
    }

    /** What messages call it: the file's path, or its name. */
    @Override
    public String toString() {
        return name;
    }
}
