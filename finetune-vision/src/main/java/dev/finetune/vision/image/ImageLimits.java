package dev.finetune.vision.image;

import dev.finetune.error.FinetuneException;

/**
 * How large a picture may be. A small file can claim to be a picture of billions of pixels (a decompression bomb); what
 * is larger than this is refused by its header, before any memory is taken for its pixels.
 *
 * @param maxPixels the most pixels (width times height) of a picture
 * @param maxBytes the most bytes of an encoded picture
 */
public record ImageLimits(long maxPixels, long maxBytes) {
    /** 89,478,485 pixels, where Pillow begins to warn (256 MB of RGB), and files of 512 MB. */
    public static final ImageLimits DEFAULT = new ImageLimits(89_478_485, 512L << 20);

    /** What every file may describe, and what each of its bytes adds: more than deflate and LZW can. */
    private static final long FREE_PIXELS = 1L << 20;

    private static final long PIXELS_PER_BYTE = 8192;

    /**
     * Checks that both are positive.
     *
     * @throws FinetuneException if one isn't, or if the pixels would not fit an array (700 million)
     */
    public ImageLimits {
        if (maxPixels < 1 || maxPixels > 700_000_000) {
            throw new FinetuneException("maxPixels is " + maxPixels + ", expected 1 to 700,000,000.");
        }
        if (maxBytes < 1) {
            throw new FinetuneException("maxBytes is " + maxBytes + ", expected at least 1.");
        }
    }

    /**
     * {@return the same with another number of pixels}
     *
     * @param pixels above 0
     */
    public ImageLimits withMaxPixels(long pixels) {
        return new ImageLimits(pixels, maxBytes);
    }

    /**
     * The same for a file: one of few bytes can't describe many pixels, whatever its header says.
     *
     * @param passes how often all of the picture is gone through
     */
    void check(int width, int height, int bytes, int passes) throws BrokenImage {
        check(width, height);
        if ((long) width * height * passes > FREE_PIXELS + PIXELS_PER_BYTE * bytes) {
            throw new BrokenImage("its " + bytes + " bytes say that it has " + width + " x " + height + " pixels"
                    + (passes > 1 ? " in " + passes + " scans" : "")
                    + ", far more than so few bytes can describe; save it again if it is a plain surface");
        }
    }

    void check(int width, int height) throws BrokenImage {
        if (width < 1 || height < 1) {
            throw new BrokenImage("its header says " + width + " x " + height + " pixels, so there is nothing to see");
        }
        if ((long) width * height > maxPixels) {
            throw new BrokenImage("its header says " + width + " x " + height
                    + " pixels, which is more than the limit of " + maxPixels
                    + " (ImageLimits.maxPixels); make it smaller, or raise the limit if you trust it");
        }
    }
}
