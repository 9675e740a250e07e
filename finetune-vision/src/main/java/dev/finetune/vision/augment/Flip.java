package dev.finetune.vision.augment;

import dev.finetune.vision.image.Pixels;
import java.util.SplittableRandom;

/**
 * Mirrors a picture, sometimes.
 *
 * @param horizontal whether left becomes right; else top becomes bottom
 * @param probability how often
 */
public record Flip(boolean horizontal, double probability) implements PixelAugmentation {
    /** Checks the probability. */
    public Flip {
        Checks.probability("flip", probability);
    }

    @Override
    public Pixels apply(Pixels pixels, SplittableRandom random) {
        if (random.nextDouble() >= probability) {
            return pixels;
        }
        int height = pixels.height();
        int width = pixels.width();
        byte[] from = pixels.rgb();
        byte[] to = new byte[from.length];
        for (int row = 0; row < height; row++) {
            if (horizontal) {
                for (int column = 0; column < width; column++) {
                    System.arraycopy(from, (row * width + width - 1 - column) * 3, to, (row * width + column) * 3, 3);
                }
            } else {
                System.arraycopy(from, (height - 1 - row) * width * 3, to, row * width * 3, width * 3);
            }
        }
        return new Pixels(to, height, width);
    }

    @Override
    public String toString() {
        return (horizontal ? "horizontalFlip(" : "verticalFlip(") + probability + ")";
    }
}
