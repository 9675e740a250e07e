package dev.finetune.examples;

import dev.finetune.batch.Augmentation;
import dev.finetune.vision.Augment;
import java.util.Arrays;
import java.util.List;

/** Augmentations as a command line names them: {@code random-resized-crop:224,flip,mixup:0.2}. */
final class AugmentationNames {
    static final String KNOWN = "random-resized-crop:SIZE[:FROM[:TO]], crop:SIZE:PADDING, flip, vertical-flip,"
            + " color-jitter[:BRIGHTNESS:CONTRAST:SATURATION:HUE], rotation:DEGREES,"
            + " rand-augment[:OPERATIONS:MAGNITUDE], trivial-augment, random-erasing[:PROBABILITY],"
            + " mixup[:ALPHA], cutmix[:ALPHA]";

    private AugmentationNames() {}

    /** The augmentations of a list, in its order. */
    static Augmentation[] parse(List<String> names) {
        return names.stream().map(AugmentationNames::parse).toArray(Augmentation[]::new);
    }

    private static Augmentation parse(String said) {
        final String[] parts = said.strip().split(":", -1);
        final double[] numbers = numbers(said, Arrays.copyOfRange(parts, 1, parts.length));
        final Numbers with = new Numbers(said, numbers);
        return switch (parts[0] + " " + numbers.length) {
            case "random-resized-crop 1" -> Augment.randomResizedCrop(with.whole(0));
            case "random-resized-crop 2" -> Augment.randomResizedCrop(with.whole(0), numbers[1], 1);
            case "random-resized-crop 3" -> Augment.randomResizedCrop(with.whole(0), numbers[1], numbers[2]);
            case "crop 2" -> Augment.randomCrop(with.whole(0), with.whole(1));
            case "flip 0" -> Augment.horizontalFlip();
            case "flip 1" -> Augment.horizontalFlip(numbers[0]);
            case "vertical-flip 0" -> Augment.verticalFlip();
            case "vertical-flip 1" -> Augment.verticalFlip(numbers[0]);
            case "color-jitter 0" -> Augment.colorJitter(0.4, 0.4, 0.4, 0.1);
            case "color-jitter 4" -> Augment.colorJitter(numbers[0], numbers[1], numbers[2], numbers[3]);
            case "rotation 1" -> Augment.rotation(numbers[0]);
            case "rand-augment 0" -> Augment.randAugment();
            case "rand-augment 2" -> Augment.randAugment(with.whole(0), with.whole(1));
            case "trivial-augment 0" -> Augment.trivialAugment();
            case "random-erasing 0" -> Augment.randomErasing(0.25);
            case "random-erasing 1" -> Augment.randomErasing(numbers[0]);
            case "mixup 0" -> Augment.mixup(0.2);
            case "mixup 1" -> Augment.mixup(numbers[0]);
            case "cutmix 0" -> Augment.cutMix(1);
            case "cutmix 1" -> Augment.cutMix(numbers[0]);
            default -> throw unknown(said);
        };
    }

    private static double[] numbers(String said, String[] parts) {
        try {
            return Arrays.stream(parts).mapToDouble(Double::parseDouble).toArray();
        } catch (NumberFormatException e) {
            throw unknown(said);
        }
    }

    private static WrongUsage unknown(String said) {
        return new WrongUsage("--augment " + said + ": there is no such change. There are " + KNOWN + ".");
    }

    private record Numbers(String said, double[] values) {
        int whole(int index) {
            if (values[index] != Math.rint(values[index])) {
                throw new WrongUsage("--augment " + said + ": " + values[index] + " should be a whole number.");
            }
            return (int) values[index];
        }
    }
}
