package dev.finetune.vision.augment;

import java.util.SplittableRandom;

/** A random mixture of the pictures of a batch and of their targets. */
public non-sealed interface BatchAugmentation extends ImageAugmentation {
    /**
     * Changes a batch in place.
     *
     * @param batch pictures and targets
     * @param random what the change draws from
     */
    void apply(MixedBatch batch, SplittableRandom random);

    /**
     * A batch with soft targets.
     *
     * @param numbers the pictures, [size, channels, height, width]
     * @param targets a number per output, such as each class's probability, [size, outputs]
     * @param size how many pictures there are
     * @param channels how many numbers a place has
     * @param height how many rows
     * @param width how many columns
     */
    record MixedBatch(float[] numbers, float[] targets, int size, int channels, int height, int width) {
        /** Mixes each row of targets with the one before it (the first with the last). */
        void mixTargets(double own) {
            mix(targets, size, (float) own);
        }

        /** Mixes each picture with the one before it (the first with the last). */
        void mixNumbers(double own) {
            mix(numbers, size, (float) own);
        }

        private static void mix(float[] values, int rows, float own) {
            if (rows < 2) {
                return;
            }
            int width = values.length / rows;
            float[] last = new float[width];
            System.arraycopy(values, values.length - width, last, 0, width);
            for (int row = rows - 1; row >= 0; row--) {
                for (int i = 0; i < width; i++) {
                    float other = row == 0 ? last[i] : values[(row - 1) * width + i];
                    values[row * width + i] = own * values[row * width + i] + (1 - own) * other;
                }
            }
        }
    }
}
