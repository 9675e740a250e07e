package dev.finetune.vision.augment;

import dev.finetune.vision.image.Arithmetic;
import dev.finetune.vision.image.Interpolation;
import dev.finetune.vision.image.Pixels;
import dev.finetune.vision.image.Resampler;
import java.util.Locale;
import java.util.SplittableRandom;

/**
 * Cuts a random part out of the original picture and resizes it (torchvision, RandomResizedCrop; Szegedy et al., "Going
 * Deeper with Convolutions", 2015): its area is drawn evenly from a share of the whole, the logarithm of its width over
 * height evenly from a range; after ten draws that don't fit, the middle is taken.
 *
 * @param height the new height
 * @param width the new width
 * @param scaleFrom the smallest share of the area
 * @param scaleTo the largest share of the area
 * @param ratioFrom the smallest width over height
 * @param ratioTo the largest width over height
 * @param interpolation how it is resized
 */
public record RandomResizedCrop(
        int height,
        int width,
        double scaleFrom,
        double scaleTo,
        double ratioFrom,
        double ratioTo,
        Interpolation interpolation)
        implements PixelAugmentation {
    private static final int TRIES = 10;

    /** Checks the sizes and ranges. */
    public RandomResizedCrop {
        Checks.size("randomResizedCrop", Math.min(height, width));
        Checks.ordered("randomResizedCrop", "scale", scaleFrom, scaleTo);
        Checks.ordered("randomResizedCrop", "ratio", ratioFrom, ratioTo);
    }

    @Override
    public Entry entry() {
        return Entry.ORIGINAL;
    }

    @Override
    public Pixels apply(Pixels pixels, SplittableRandom random) {
        double area = (double) pixels.height() * pixels.width();
        for (int i = 0; i < TRIES; i++) {
            double wanted = area * between(random, scaleFrom, scaleTo);
            double ratio = Math.exp(between(random, Math.log(ratioFrom), Math.log(ratioTo)));
            int cropWidth = (int) Math.rint(Math.sqrt(wanted * ratio));
            int cropHeight = (int) Math.rint(Math.sqrt(wanted / ratio));
            if (cropWidth > 0 && cropWidth <= pixels.width() && cropHeight > 0 && cropHeight <= pixels.height()) {
                int top = random.nextInt(pixels.height() - cropHeight + 1);
                int left = random.nextInt(pixels.width() - cropWidth + 1);
                return resized(pixels.crop(top, left, cropHeight, cropWidth));
            }
        }
        return resized(middle(pixels));
    }

    private Pixels middle(Pixels pixels) {
        double ratio = (double) pixels.width() / pixels.height();
        int cropHeight = pixels.height();
        int cropWidth = pixels.width();
        if (ratio < ratioFrom) {
            cropHeight = Math.min(pixels.height(), (int) Math.rint(cropWidth / ratioFrom));
        } else if (ratio > ratioTo) {
            cropWidth = Math.min(pixels.width(), (int) Math.rint(cropHeight * ratioTo));
        }
        cropHeight = Math.max(1, cropHeight);
        cropWidth = Math.max(1, cropWidth);
        return pixels.crop((pixels.height() - cropHeight) / 2, (pixels.width() - cropWidth) / 2, cropHeight, cropWidth);
    }

    private Pixels resized(Pixels pixels) {
        return Resampler.resize(pixels, height, width, interpolation, Arithmetic.PILLOW);
    }

    private static double between(SplittableRandom random, double from, double to) {
        return from + (to - from) * random.nextDouble();
    }

    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                "randomResizedCrop(%d x %d, scale %.2f to %.2f, ratio %.2f to %.2f, %s)",
                height,
                width,
                scaleFrom,
                scaleTo,
                ratioFrom,
                ratioTo,
                interpolation.timmName());
    }
}
