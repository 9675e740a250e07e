package dev.finetune.vision.augment;

import dev.finetune.vision.image.Pixels;
import java.util.SplittableRandom;

/**
 * Changes brightness, contrast, saturation and hue by random factors, in random order (torchvision, ColorJitter).
 *
 * @param brightness the factor is drawn evenly from {@code max(0, 1 - brightness)} to {@code 1 + brightness}
 * @param contrast drawn likewise
 * @param saturation drawn likewise
 * @param hue the share of the colour circle is drawn evenly from {@code -hue} to {@code hue}, 0.5 at most
 */
public record ColorJitter(double brightness, double contrast, double saturation, double hue)
        implements PixelAugmentation {
    private static final int CHANGES = 4;

    /** Checks the ranges. */
    public ColorJitter {
        Checks.range("colorJitter", "brightness", brightness, 0, 100);
        Checks.range("colorJitter", "contrast", contrast, 0, 100);
        Checks.range("colorJitter", "saturation", saturation, 0, 100);
        Checks.range("colorJitter", "hue", hue, 0, 0.5);
    }

    @Override
    public Pixels apply(Pixels pixels, SplittableRandom random) {
        int[] order = {0, 1, 2, 3};
        for (int i = CHANGES - 1; i > 0; i--) {
            int other = random.nextInt(i + 1);
            int moved = order[i];
            order[i] = order[other];
            order[other] = moved;
        }
        double brightnessFactor = factor(brightness, random);
        double contrastFactor = factor(contrast, random);
        double saturationFactor = factor(saturation, random);
        double hueShare = hue * (2 * random.nextDouble() - 1);
        Pixels changed = pixels;
        for (int change : order) {
            changed = switch (change) {
                case 0 -> brightness == 0 ? changed : Colours.brightness(changed, brightnessFactor);
                case 1 -> contrast == 0 ? changed : Colours.contrast(changed, contrastFactor);
                case 2 -> saturation == 0 ? changed : Colours.saturation(changed, saturationFactor);
                default -> Colours.hue(changed, hueShare);
            };
        }
        return changed;
    }

    private static double factor(double strength, SplittableRandom random) {
        double least = Math.max(0, 1 - strength);
        return least + (1 + strength - least) * random.nextDouble();
    }

    @Override
    public String toString() {
        return "colorJitter(brightness " + brightness + ", contrast " + contrast + ", saturation " + saturation
                + ", hue " + hue + ")";
    }
}
