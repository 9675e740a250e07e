package dev.finetune.vision.augment;

import dev.finetune.vision.image.Pixels;
import java.util.SplittableRandom;

/** A random change of one 8-bit picture. */
public non-sealed interface PixelAugmentation extends ImageAugmentation {
    /**
     * {@return the changed picture; the one given stays as it is}
     *
     * @param pixels the picture
     * @param random what the change draws from
     */
    Pixels apply(Pixels pixels, SplittableRandom random);

    /**
     * {@return what it wants to be given} The first of several augmentations that doesn't want {@link Entry#SIZED}
     * decides for all.
     */
    default Entry entry() {
        return Entry.SIZED;
    }

    /** How far a picture is prepared before it is changed. */
    enum Entry {
        /** As it was decoded: the augmentation makes it the network's size. */
        ORIGINAL,
        /** Resized as for evaluation but not cropped: the augmentation crops it. */
        RESIZED,
        /** Resized and cropped as for evaluation. */
        SIZED
    }
}
