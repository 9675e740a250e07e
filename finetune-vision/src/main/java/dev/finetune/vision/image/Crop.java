package dev.finetune.vision.image;

import dev.finetune.error.FinetuneException;

/** What is kept of a resized picture. */
public sealed interface Crop {
    /** All of it. */
    record None() implements Crop {}

    /**
     * The middle; a picture that is smaller gets black margins.
     *
     * @param height in pixels, at least 1
     * @param width in pixels, at least 1
     */
    record Centre(int height, int width) implements Crop {
        /** Checks that both are positive. */
        public Centre {
            if (height < 1 || width < 1) {
                throw new FinetuneException("The middle of " + width + " x " + height
                        + " pixels can't be cut out of a picture; give positive sizes.");
            }
        }
    }
}
