package dev.finetune.vision;

import dev.finetune.batch.Augmentation;
import dev.finetune.vision.augment.ColorJitter;
import dev.finetune.vision.augment.CutMix;
import dev.finetune.vision.augment.Flip;
import dev.finetune.vision.augment.Mixup;
import dev.finetune.vision.augment.RandAugment;
import dev.finetune.vision.augment.RandomCrop;
import dev.finetune.vision.augment.RandomErasing;
import dev.finetune.vision.augment.RandomResizedCrop;
import dev.finetune.vision.augment.Rotation;
import dev.finetune.vision.augment.TrivialAugment;
import dev.finetune.vision.image.Interpolation;

/**
 * Random changes of training pictures, so that a network doesn't learn them by heart. They mean what they mean in
 * torchvision's {@code transforms.v2}, and are applied in the order in which they are given:
 *
 * <pre>{@code
 * FineTuner.from("microsoft/resnet-50").augment(Augment.randomResizedCrop(224), Augment.horizontalFlip())
 * }</pre>
 *
 * <p>{@link #randomResizedCrop} starts from the original picture, {@link #randomCrop} from the resized one, the others
 * from the picture as it is evaluated (resized and cropped). Random erasing comes after normalisation, mixup and CutMix
 * last. Where both are given, each batch gets one of them. All draws follow from the training seed, the epoch, the
 * batch and the row: they are the same with any number of threads.
 */
public final class Augment {
    private Augment() {}

    /**
     * A random part, 8 % to 100 % of the area, width over height from 3/4 to 4/3, resized to a square.
     *
     * @param size height and width in pixels, at least 1
     * @return the augmentation, for {@code FineTuner.augment}
     */
    public static Augmentation randomResizedCrop(int size) {
        return randomResizedCrop(size, 0.08, 1);
    }

    /**
     * A random part, resized to a square.
     *
     * @param size height and width in pixels, at least 1
     * @param scaleFrom the smallest share of the area, above 0
     * @param scaleTo the largest share of the area
     * @return the augmentation, for {@code FineTuner.augment}
     */
    public static Augmentation randomResizedCrop(int size, double scaleFrom, double scaleTo) {
        return randomResizedCrop(size, scaleFrom, scaleTo, 3 / 4.0, 4 / 3.0);
    }

    /**
     * A random part, resized to a square, bilinear. For other sizes and filters: {@link RandomResizedCrop}.
     *
     * @param size height and width in pixels, at least 1
     * @param scaleFrom the smallest share of the area, above 0
     * @param scaleTo the largest share of the area, at most 1
     * @param ratioFrom the smallest width over height
     * @param ratioTo the largest width over height
     * @return the augmentation, for {@code FineTuner.augment}
     */
    public static Augmentation randomResizedCrop(
            int size, double scaleFrom, double scaleTo, double ratioFrom, double ratioTo) {
        return new RandomResizedCrop(size, size, scaleFrom, scaleTo, ratioFrom, ratioTo, Interpolation.BILINEAR);
    }

    /**
     * Left becomes right in half of the cases.
     *
     * @return the augmentation, for {@code FineTuner.augment}
     */
    public static Augmentation horizontalFlip() {
        return horizontalFlip(0.5);
    }

    /**
     * Left becomes right with a probability.
     *
     * @param probability from 0 to 1
     * @return the augmentation, for {@code FineTuner.augment}
     */
    public static Augmentation horizontalFlip(double probability) {
        return new Flip(true, probability);
    }

    /**
     * Top becomes bottom in half of the cases.
     *
     * @return the augmentation, for {@code FineTuner.augment}
     */
    public static Augmentation verticalFlip() {
        return verticalFlip(0.5);
    }

    /**
     * Top becomes bottom with a probability.
     *
     * @param probability from 0 to 1
     * @return the augmentation, for {@code FineTuner.augment}
     */
    public static Augmentation verticalFlip(double probability) {
        return new Flip(false, probability);
    }

    /**
     * Random brightness, contrast, saturation (0: unchanged; 0.4: factors from 0.6 to 1.4) and hue (0 to 0.5).
     *
     * @param brightness the largest change of the factor, at least 0
     * @param contrast the largest change of the factor, at least 0
     * @param saturation the largest change of the factor, at least 0
     * @param hue the largest turn, from 0 to 0.5 (half the circle)
     * @return the augmentation, for {@code FineTuner.augment}
     */
    public static Augmentation colorJitter(double brightness, double contrast, double saturation, double hue) {
        return new ColorJitter(brightness, contrast, saturation, hue);
    }

    /**
     * Turned by an angle from minus to plus {@code degrees}; black comes in from outside.
     *
     * @param degrees from 0 to 180
     * @return the augmentation, for {@code FineTuner.augment}
     */
    public static Augmentation rotation(double degrees) {
        return new Rotation(degrees);
    }

    /**
     * Two random operations of strength 9 of 30.
     *
     * @return the augmentation, for {@code FineTuner.augment}
     */
    public static Augmentation randAugment() {
        return randAugment(2, 9);
    }

    /**
     * Random operations.
     *
     * @param operations how many
     * @param magnitude how strong, 0 to 30
     * @return the augmentation, for {@code FineTuner.augment}
     */
    public static Augmentation randAugment(int operations, int magnitude) {
        return new RandAugment(operations, magnitude);
    }

    /**
     * One random operation of a random strength: no settings to search for.
     *
     * @return the augmentation, for {@code FineTuner.augment}
     */
    public static Augmentation trivialAugment() {
        return new TrivialAugment();
    }

    /**
     * With a probability, a rectangle of 2 % to 33 % of the area becomes the mean colour.
     *
     * @param probability from 0 to 1
     * @return the augmentation, for {@code FineTuner.augment}
     */
    public static Augmentation randomErasing(double probability) {
        return new RandomErasing(probability, 0.02, 0.33, 0.3, 3.3);
    }

    /**
     * A square at a random place of the picture with a black margin: {@code randomCrop(32, 4)} for CIFAR.
     *
     * @param size height and width in pixels, at least 1
     * @param padding the margin in pixels, at least 0
     * @return the augmentation, for {@code FineTuner.augment}
     */
    public static Augmentation randomCrop(int size, int padding) {
        return new RandomCrop(size, padding);
    }

    /**
     * Pictures and their labels mixed in pairs; 0.2 is usual.
     *
     * @param alpha of the Beta(alpha, alpha) that shares are drawn from, above 0
     * @return the augmentation, for {@code FineTuner.augment}
     */
    public static Augmentation mixup(double alpha) {
        return new Mixup(alpha);
    }

    /**
     * A rectangle of another picture, labels mixed by area; 1 is usual.
     *
     * @param alpha of the Beta(alpha, alpha) that shares are drawn from, above 0
     * @return the augmentation, for {@code FineTuner.augment}
     */
    public static Augmentation cutMix(double alpha) {
        return new CutMix(alpha);
    }
}
