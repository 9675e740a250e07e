package dev.finetune.explain;

import dev.finetune.error.FinetuneException;
import java.util.Arrays;
import java.util.Objects;

/**
 * How much each place of an input spoke for an output of a model.
 *
 * @param stage of the network that sees so many places
 * @param target the output: its label, or "output 0" where outputs have no names
 * @param score what the network gives for it: a logit, before softmax or sigmoid, or the number of a regression
 * @param height rows
 * @param width columns
 * @param values row by row from the top left, none below 0; not to be written to
 */
public record ActivationMap(String stage, String target, double score, int height, int width, float[] values) {
    /**
     * Checks the sizes.
     *
     * @throws FinetuneException if there aren't {@code height * width} values
     */
    public ActivationMap {
        Objects.requireNonNull(stage, "stage");
        Objects.requireNonNull(target, "target");
        Objects.requireNonNull(values, "values");
        if (height < 1 || width < 1 || values.length != (long) height * width) {
            throw new FinetuneException("A map of " + height + " x " + width + " places (height x width) needs "
                    + (long) height * width + " values, but there are " + values.length + ".");
        }
    }

    /**
     * {@return a value}
     *
     * @param row from 0, the top
     * @param column from 0, the left
     */
    public float at(int row, int column) {
        return values[row * width + column];
    }

    /** {@return the largest value; 0 where nothing spoke for the output} */
    public float largest() {
        float largest = 0;
        for (float value : values) {
            largest = Math.max(largest, value);
        }
        return largest;
    }

    /**
     * {@return the map in another size, bilinearly between the middles of places (torch's {@code interpolate(..., mode="bilinear",
     * align_corners=False)})}
     *
     * @param newHeight rows, at least 1
     * @param newWidth columns, at least 1
     */
    public ActivationMap resized(int newHeight, int newWidth) {
        if (newHeight < 1 || newWidth < 1) {
            throw new FinetuneException(
                    "A map can't be resized to " + newHeight + " x " + newWidth + " places; give positive sizes.");
        }
        final float[] larger = new float[Math.multiplyExact(newHeight, newWidth)];
        for (int row = 0; row < newHeight; row++) {
            final double y = place(row, newHeight, height);
            final int top = (int) y;
            final int bottom = Math.min(top + 1, height - 1);
            for (int column = 0; column < newWidth; column++) {
                final double x = place(column, newWidth, width);
                final int left = (int) x;
                final int right = Math.min(left + 1, width - 1);
                final double above = at(top, left) + (x - left) * (at(top, right) - at(top, left));
                final double below = at(bottom, left) + (x - left) * (at(bottom, right) - at(bottom, left));
                larger[row * newWidth + column] = (float) (above + (y - top) * (below - above));
            }
        }
        return new ActivationMap(stage, target, score, newHeight, newWidth, larger);
    }

    private static double place(int index, int of, int from) {
        return Math.max(0, (index + 0.5) * from / of - 0.5);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ActivationMap that
                && stage.equals(that.stage)
                && target.equals(that.target)
                && Double.compare(score, that.score) == 0
                && height == that.height
                && width == that.width
                && Arrays.equals(values, that.values);
    }

    @Override
    public int hashCode() {
        return 31 * Objects.hash(stage, target, score, height, width) + Arrays.hashCode(values);
    }

    /** Such as "7 x 7 places of layer4 for cat: score 2.3412". */
    @Override
    public String toString() {
        return String.format(
                java.util.Locale.ROOT, "%d x %d places of %s for %s: score %.4f", height, width, stage, target, score);
    }
}
