package dev.finetune.vision.image;

import dev.finetune.batch.Augmentation;
import dev.finetune.error.FinetuneException;
import dev.finetune.vision.augment.BatchAugmentation;
import dev.finetune.vision.augment.ImageAugmentation;
import dev.finetune.vision.augment.NumberAugmentation;
import dev.finetune.vision.augment.PixelAugmentation;
import dev.finetune.vision.augment.PixelAugmentation.Entry;
import java.util.ArrayList;
import java.util.List;

/** Augmentations by when they are applied: to pixels, to numbers, to the batch. */
record ImageAugmenter(
        List<PixelAugmentation> pixels, List<NumberAugmentation> numbers, List<BatchAugmentation> batches) {
    static ImageAugmenter of(List<Augmentation> augmentations) {
        List<PixelAugmentation> pixels = new ArrayList<>();
        List<NumberAugmentation> numbers = new ArrayList<>();
        List<BatchAugmentation> batches = new ArrayList<>();
        for (Augmentation augmentation : augmentations) {
            if (!(augmentation instanceof ImageAugmentation image)) {
                throw new FinetuneException(
                        augmentation + " changes " + augmentation.inputType().getSimpleName()
                                + ", but the model reads images; take augmentations from dev.finetune.vision.Augment.");
            }
            if (image instanceof PixelAugmentation pixel) {
                pixels.add(pixel);
            } else if (image instanceof NumberAugmentation number) {
                numbers.add(number);
            } else if (image instanceof BatchAugmentation batch) {
                batches.add(batch);
            }
        }
        return new ImageAugmenter(List.copyOf(pixels), List.copyOf(numbers), List.copyOf(batches));
    }

    /** How far a picture is prepared before the first augmentation. */
    Entry entry() {
        return pixels.stream()
                .map(PixelAugmentation::entry)
                .filter(entry -> entry != Entry.SIZED)
                .findFirst()
                .orElse(Entry.SIZED);
    }
}
