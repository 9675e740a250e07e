package dev.finetune.vision.augment;

import java.util.Arrays;
import java.util.Locale;
import java.util.SplittableRandom;

/**
 * Puts zeros, which stand for the mean colour, into a random rectangle of the normalised picture (Zhong et al., "Random
 * Erasing Data Augmentation", 2020; torchvision, RandomErasing).
 *
 * @param probability how often
 * @param scaleFrom the smallest share of the area
 * @param scaleTo the largest share of the area
 * @param ratioFrom the smallest height over width
 * @param ratioTo the largest height over width
 */
public record RandomErasing(double probability, double scaleFrom, double scaleTo, double ratioFrom, double ratioTo)
        implements NumberAugmentation {
    private static final int TRIES = 10;

    /** Checks the ranges. */
    public RandomErasing {
        Checks.probability("randomErasing", probability);
        Checks.ordered("randomErasing", "scale", scaleFrom, scaleTo);
        Checks.ordered("randomErasing", "ratio", ratioFrom, ratioTo);
    }

    @Override
    public void apply(float[] numbers, int offset, int channels, int height, int width, SplittableRandom random) {
        if (random.nextDouble() >= probability) {
            return;
        }
        double area = (double) height * width;
        for (int i = 0; i < TRIES; i++) {
            double wanted = area * (scaleFrom + (scaleTo - scaleFrom) * random.nextDouble());
            double ratio = Math.exp(Math.log(ratioFrom) + Math.log(ratioTo / ratioFrom) * random.nextDouble());
            int high = (int) Math.rint(Math.sqrt(wanted * ratio));
            int wide = (int) Math.rint(Math.sqrt(wanted / ratio));
            if (high < height && wide < width) {
                int top = random.nextInt(height - high + 1);
                int left = random.nextInt(width - wide + 1);
                for (int line = 0; line < channels * high; line++) {
                    int row = line / high * height + top + line % high;
                    int from = offset + row * width + left;
                    Arrays.fill(numbers, from, from + wide, 0);
                }
                return;
            }
        }
    }

    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                "randomErasing(%s, scale %.2f to %.2f, ratio %.2f to %.2f)",
                probability,
                scaleFrom,
                scaleTo,
                ratioFrom,
                ratioTo);
    }
}
