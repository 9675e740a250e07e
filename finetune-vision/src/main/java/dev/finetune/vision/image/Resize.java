package dev.finetune.vision.image;

import dev.finetune.error.FinetuneException;

/** The size that a picture is brought to before it is cropped. */
public sealed interface Resize {
    /** Left as it is. */
    record None() implements Resize {}

    /**
     * The shorter edge gets this length, and the longer one keeps the proportion (rounded down).
     *
     * @param length in pixels
     */
    record ShortestEdge(int length) implements Resize {
        /** Checks that the length is positive. */
        public ShortestEdge {
            check(length, length);
        }
    }

    /**
     * This size, whatever the proportion was.
     *
     * @param height in pixels, at least 1
     * @param width in pixels, at least 1
     */
    record Exact(int height, int width) implements Resize {
        /** Checks that both are positive. */
        public Exact {
            check(height, width);
        }
    }

    private static void check(int height, int width) {
        if (height < 1 || width < 1) {
            throw new FinetuneException(
                    "A picture can't be resized to " + width + " x " + height + " pixels; give positive sizes.");
        }
    }
}
