package dev.finetune.vision.augment;

import java.util.SplittableRandom;

/** A random change of one picture after normalisation. */
public non-sealed interface NumberAugmentation extends ImageAugmentation {
    /**
     * Changes a picture in place.
     *
     * @param numbers the array that holds it, [channels, height, width] from {@code offset} on
     * @param offset where the picture starts in the array
     * @param channels how many
     * @param height in pixels
     * @param width in pixels
     * @param random what the change draws from
     */
    void apply(float[] numbers, int offset, int channels, int height, int width, SplittableRandom random);
}
