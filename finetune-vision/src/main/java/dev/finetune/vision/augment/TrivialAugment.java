package dev.finetune.vision.augment;

import dev.finetune.vision.image.Pixels;
import java.util.SplittableRandom;

/**
 * Applies one random operation of a random strength (Müller and Hutter, "TrivialAugment", 2021; torchvision,
 * TrivialAugmentWide): the operations of {@link RandAugment}, in one of 31 strengths up to shear 0.99, 32 pixels, 135
 * degrees, factors of 1 ± 0.99 and 2 bits.
 */
public record TrivialAugment() implements PixelAugmentation {
    private static final int STRENGTHS = 31;

    @Override
    public Pixels apply(Pixels pixels, SplittableRandom random) {
        Operation operation = Operation.draw(random);
        double share = random.nextInt(STRENGTHS) / (STRENGTHS - 1.0);
        return operation.apply(pixels, Operation.Space.WIDE, share, random);
    }

    @Override
    public String toString() {
        return "trivialAugment()";
    }
}
