package dev.finetune.internal.lint;

import java.util.List;
import java.util.stream.IntStream;

/**
 * A row of numbers, most of them 0.
 *
 * @param places of those that aren't, ascending
 * @param values of these places
 */
record SparseRow(int[] places, float[] values) {
    /** Vectors as rows of length 1, so that their scale doesn't matter. */
    static List<SparseRow> of(List<float[]> vectors) {
        return vectors.stream()
                .map(vector -> new SparseRow(IntStream.range(0, vector.length).toArray(), scaled(vector)))
                .toList();
    }

    /** A copy of length 1; of zeros if it holds nothing else, or what is no number. */
    static float[] scaled(float[] values) {
        double sum = 0;
        for (float value : values) {
            sum += (double) value * value;
        }
        final double length = Math.sqrt(sum);
        final float[] scaled = new float[values.length];
        for (int i = 0; i < values.length && length > 0 && length < Double.POSITIVE_INFINITY; i++) {
            scaled[i] = (float) (values[i] / length);
        }
        return scaled;
    }
}
