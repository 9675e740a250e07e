package dev.finetune.vision.image;

/** How a resized pixel is made of those around it. The filters are Pillow's (Resample.c) and grow when shrinking. */
public enum Interpolation {
    /** The pixel at that place. */
    NEAREST(0, 0, "nearest"),
    /** The mean of what it covers. */
    BOX(4, 0.5, "box"),
    /** A triangle over 2 pixels. */
    BILINEAR(2, 1, "bilinear"),
    /** A raised cosine over 2 pixels. */
    HAMMING(5, 1, "hamming"),
    /** Keys' cubic with a = -0.5, over 4 pixels. */
    BICUBIC(3, 2, "bicubic"),
    /** A windowed sinc over 6 pixels. */
    LANCZOS(1, 3, "lanczos");

    private static final double A = -0.5;

    private final int pillowNumber;
    private final double support;
    private final String timmName;

    Interpolation(int pillowNumber, double support, String timmName) {
        this.pillowNumber = pillowNumber;
        this.support = support;
        this.timmName = timmName;
    }

    /** {@return its number in Pillow, and so in {@code preprocessor_config.json}} */
    public int pillowNumber() {
        return pillowNumber;
    }

    /** {@return its name in timm} */
    public String timmName() {
        return timmName;
    }

    /** How far the filter reaches to each side, in pixels of the larger scale. */
    double support() {
        return support;
    }

    /** The filter's value at a distance. */
    double weight(double distance) {
        double x = Math.abs(distance);
        return switch (this) {
            case NEAREST -> throw new IllegalStateException("nearest has no filter");
            case BOX -> distance > -0.5 && distance <= 0.5 ? 1 : 0;
            case BILINEAR -> x < 1 ? 1 - x : 0;
            case HAMMING -> x >= 1 ? 0 : x == 0 ? 1 : sinc(x) * (0.54 + 0.46 * Math.cos(x * Math.PI));
            case BICUBIC -> x < 1 ? ((A + 2) * x - (A + 3)) * x * x + 1 : x < 2 ? (((x - 5) * x + 8) * x - 4) * A : 0;
            case LANCZOS -> x < 3 ? sinc(x) * sinc(x / 3) : 0;
        };
    }

    private static double sinc(double x) {
        return x == 0 ? 1 : Math.sin(x * Math.PI) / (x * Math.PI);
    }
}
