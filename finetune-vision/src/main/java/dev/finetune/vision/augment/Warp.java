package dev.finetune.vision.augment;

import dev.finetune.vision.image.Pixels;

/**
 * Affine changes that take the nearest pixel and put black where there is none (torchvision,
 * {@code transforms.v2.functional.affine} and {@code rotate}). A matrix says where an output pixel comes from; places
 * are those of pixels' middles, counted from the picture's middle.
 */
final class Warp {
    private Warp() {}

    /** Turned counter-clockwise. */
    static Pixels rotate(Pixels pixels, double degrees) {
        double angle = Math.toRadians(degrees);
        double cos = Math.cos(angle);
        double sin = Math.sin(angle);
        return degrees == 0 ? pixels : affine(pixels, cos, -sin, 0, sin, cos, 0);
    }

    /** Each row moved to the left by its distance from the top times {@code slope}. */
    static Pixels shearX(Pixels pixels, double slope) {
        return slope == 0 ? pixels : affine(pixels, 1, slope, slope * pixels.height() / 2.0, 0, 1, 0);
    }

    /** Each column moved up by its distance from the left times {@code slope}. */
    static Pixels shearY(Pixels pixels, double slope) {
        return slope == 0 ? pixels : affine(pixels, 1, 0, 0, slope, 1, slope * pixels.width() / 2.0);
    }

    /** Moved to the right and down by whole pixels. */
    static Pixels translate(Pixels pixels, int right, int down) {
        return pixels.crop(-down, -right, pixels.height(), pixels.width());
    }

    private static Pixels affine(Pixels pixels, double xx, double xy, double x1, double yx, double yy, double y1) {
        int height = pixels.height();
        int width = pixels.width();
        byte[] from = pixels.rgb();
        byte[] to = new byte[from.length];
        for (int row = 0; row < height; row++) {
            double y = row + 0.5 - height / 2.0;
            for (int column = 0; column < width; column++) {
                double x = column + 0.5 - width / 2.0;
                int sourceX = (int) Math.rint(xx * x + xy * y + x1 + width / 2.0 - 0.5);
                int sourceY = (int) Math.rint(yx * x + yy * y + y1 + height / 2.0 - 0.5);
                if (sourceX >= 0 && sourceX < width && sourceY >= 0 && sourceY < height) {
                    System.arraycopy(from, (sourceY * width + sourceX) * 3, to, (row * width + column) * 3, 3);
                }
            }
        }
        return new Pixels(to, height, width);
    }
}
