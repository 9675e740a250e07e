package dev.finetune.vision.augment;

import dev.finetune.error.FinetuneException;
import dev.finetune.vision.image.Pixels;
import java.util.SplittableRandom;

/**
 * Applies random operations of one strength, one after the other (Cubuk et al., "RandAugment", 2020; torchvision,
 * RandAugment): shear up to 0.3, move up to 45 % of the size, turn up to 30 degrees, brightness, colour, contrast and
 * sharpness by factors up to 1 ± 0.9, posterize down to 4 bits, solarize, stretch the contrast, equalize, or nothing.
 *
 * @param operations how many
 * @param magnitude how strong, 0 to 30
 */
public record RandAugment(int operations, int magnitude) implements PixelAugmentation {
    private static final int STRONGEST = 30;

    /** Checks both. */
    public RandAugment {
        if (operations < 0) {
            throw new FinetuneException("randAugment: " + operations + " operations, expected 0 or more, usually 2.");
        }
        Checks.range("randAugment", "magnitude", magnitude, 0, STRONGEST);
    }

    @Override
    public Pixels apply(Pixels pixels, SplittableRandom random) {
        Pixels changed = pixels;
        for (int i = 0; i < operations; i++) {
            changed = Operation.draw(random)
                    .apply(changed, Operation.Space.USUAL, magnitude / (double) STRONGEST, random);
        }
        return changed;
    }

    @Override
    public String toString() {
        return "randAugment(" + operations + ", " + magnitude + ")";
    }
}
