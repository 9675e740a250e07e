package dev.finetune.vision.image;

import dev.finetune.error.FinetuneException;
import dev.finetune.internal.PlainFile;
import dev.finetune.vision.Image;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Decodes pictures: JPEG, PNG, GIF (first frame), BMP and WebP, known by their first bytes. Gives what Pillow's {@code
 * ImageOps.exif_transpose(image).convert("RGB")} gives: upright, alpha dropped, no colour management; but for
 * grey of 16 bits, which is scaled to 8 (Pillow makes white of most of it), and for the colours of lossy WebP at sharp edges, which
 * libwebp smooths. Thread-safe.
 *
 * @param limits how large a picture may be
 */
public record ImageDecoder(ImageLimits limits) {
    private static final int HEAD = 16;

    /** With the usual limits. */
    public ImageDecoder() {
        this(ImageLimits.DEFAULT);
    }

    /**
     * Decodes a picture.
     *
     * @param image read now
     * @return its pixels, upright as its EXIF data says
     * @throws FinetuneException if it is missing, empty, truncated, damaged, too large or of no format that is read,
     *     or if it is an array of numbers that never was a picture ({@link Image#pixels})
     */
    public Pixels decode(Image image) {
        try {
            Image.Source source = image.source();
            if (source instanceof Image.Source.Decoded decoded) {
                limits.check(decoded.pixels().width(), decoded.pixels().height());
                return decoded.pixels();
            }
            if (source instanceof Image.Source.Encoded encoded) {
                return decode(encoded.bytes());
            }
            if (source instanceof Image.Source.File file) {
                return decode(read(file.path()));
            }
        } catch (BrokenImage e) {
            throw new FinetuneException(
                    image + " is not a picture that can be read: " + e.getMessage() + ". (" + ImageFormat.READ + ".)",
                    e);
        }
        throw new FinetuneException(image + " is an array of normalised numbers, which can't be decoded as a picture.");
    }

    /**
     * Looks at the first bytes only: whether the picture is there and in a format that is read.
     *
     * @param image opened, but not decoded
     * @throws FinetuneException if it isn't
     */
    public void probe(Image image) {
        try {
            Image.Source source = image.source();
            if (source instanceof Image.Source.Encoded encoded) {
                format(encoded.bytes());
            } else if (source instanceof Image.Source.File file) {
                format(head(file.path()));
            }
        } catch (BrokenImage e) {
            throw new FinetuneException(
                    image + " is not a picture that can be read: " + e.getMessage() + ". (" + ImageFormat.READ + ".)",
                    e);
        }
    }

    private Pixels decode(byte[] bytes) throws BrokenImage {
        if (bytes.length > limits.maxBytes()) {
            throw tooManyBytes(bytes.length);
        }
        return switch (format(bytes)) {
            case JPEG -> JpegDecoder.decode(bytes, limits);
            case PNG -> PngDecoder.decode(bytes, limits);
            case GIF -> GifDecoder.decode(bytes, limits);
            case BMP -> BmpDecoder.decode(bytes, limits);
            case WEBP -> WebpDecoder.decode(bytes, limits);
        };
    }

    private static ImageFormat format(byte[] bytes) throws BrokenImage {
        return ImageFormat.of(bytes).orElseThrow(() -> new BrokenImage(ImageFormat.describe(bytes)));
    }

    private byte[] read(Path path) throws BrokenImage {
        try {
            refuseOthers(path);
            long size = Files.size(path);
            if (size > limits.maxBytes()) {
                throw tooManyBytes(size);
            }
            return Files.readAllBytes(path);
        } catch (IOException e) {
            throw unreadable(path, e);
        }
    }

    private static byte[] head(Path path) throws BrokenImage {
        refuseOthers(path);
        try (InputStream input = Files.newInputStream(path)) {
            return input.readNBytes(HEAD);
        } catch (IOException e) {
            throw unreadable(path, e);
        }
    }

    private static void refuseOthers(Path path) throws BrokenImage {
        final Optional<String> other = PlainFile.other(path);
        if (other.isPresent()) {
            throw new BrokenImage("it is " + other.get() + ", not a file");
        }
    }

    private BrokenImage tooManyBytes(long size) {
        return new BrokenImage("it has " + size + " bytes, which is more than the limit of " + limits.maxBytes()
                + " (ImageLimits.maxBytes)");
    }

    private static BrokenImage unreadable(Path path, IOException e) {
        return e instanceof NoSuchFileException
                ? new BrokenImage("there is no such file (looked for " + path.toAbsolutePath() + ")", e)
                : new BrokenImage("it could not be opened (" + e + ")", e);
    }
}
