package dev.finetune.vision.augment;

import dev.finetune.batch.Augmentation;
import dev.finetune.vision.Image;

/**
 * A random change of training pictures: of the pixels of one, of its numbers after normalisation, or of a whole batch.
 * Implementations must be thread-safe and draw from the generator that they are given, and from nothing else: then a
 * batch depends on its seed and not on how many threads make it.
 */
public sealed interface ImageAugmentation extends Augmentation
        permits PixelAugmentation, NumberAugmentation, BatchAugmentation {
    @Override
    default Class<?> inputType() {
        return Image.class;
    }
}
