package dev.finetune.vision.augment;

import java.util.SplittableRandom;

/**
 * Puts into each picture of a batch a rectangle of the one before it, and mixes targets by area (Yun et al., "CutMix",
 * 2019; torchvision, CutMix): lambda comes from Beta(alpha, alpha), the rectangle's middle is drawn evenly, its sides
 * are {@code sqrt(1 - lambda)} of the picture's, cut off at the border; it is the same for the whole batch.
 *
 * @param alpha small: nearly all or nearly nothing; 1: every size alike
 */
public record CutMix(double alpha) implements BatchAugmentation {
    /** Checks alpha. */
    public CutMix {
        Checks.ordered("cutMix", "alpha", alpha, 1000);
    }

    @Override
    public void apply(MixedBatch batch, SplittableRandom random) {
        int height = batch.height();
        int width = batch.width();
        double half = 0.5 * Math.sqrt(1 - Beta.draw(alpha, random));
        int x = random.nextInt(width);
        int y = random.nextInt(height);
        int left = Math.max(0, x - (int) (half * width));
        int right = Math.min(width, x + (int) (half * width));
        int top = Math.max(0, y - (int) (half * height));
        int bottom = Math.min(height, y + (int) (half * height));
        if (batch.size() < 2 || right <= left || bottom <= top) {
            return;
        }
        paste(batch, top, bottom, left, right);
        batch.mixTargets(1 - (double) (right - left) * (bottom - top) / ((double) width * height));
    }

    private static void paste(MixedBatch batch, int top, int bottom, int left, int right) {
        float[] numbers = batch.numbers();
        int wide = right - left;
        int picture = batch.channels() * batch.height() * batch.width();
        float[] last = new float[wide];
        for (int channel = 0; channel < batch.channels(); channel++) {
            for (int row = top; row < bottom; row++) {
                int place = (channel * batch.height() + row) * batch.width() + left;
                System.arraycopy(numbers, (batch.size() - 1) * picture + place, last, 0, wide);
                for (int i = batch.size() - 1; i > 0; i--) {
                    System.arraycopy(numbers, (i - 1) * picture + place, numbers, i * picture + place, wide);
                }
                System.arraycopy(last, 0, numbers, place, wide);
            }
        }
    }

    @Override
    public String toString() {
        return "cutMix(" + alpha + ")";
    }
}
