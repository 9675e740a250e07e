package dev.finetune.trackers;

/**
 * How numbers are spread, in buckets of equal width from the smallest to the largest; numbers that aren't finite are left out.
 *
 * @param count how many numbers
 * @param limits the upper end of each bucket
 * @param counts how many numbers are in each
 */
record Histogram(
        double min, double max, double count, double sum, double sumOfSquares, double[] limits, double[] counts) {
    private static final int BUCKETS = 64;

    static Histogram of(float[] values) {
        double min = Double.POSITIVE_INFINITY;
        double max = Double.NEGATIVE_INFINITY;
        double sum = 0;
        double sumOfSquares = 0;
        long count = 0;
        for (float value : values) {
            if (Float.isFinite(value)) {
                min = Math.min(min, value);
                max = Math.max(max, value);
                sum += value;
                sumOfSquares += (double) value * value;
                count++;
            }
        }
        if (count == 0) {
            return new Histogram(0, 0, 0, 0, 0, new double[] {0}, new double[] {0});
        }
        final int buckets = max > min ? BUCKETS : 1;
        final double width = (max - min) / buckets;
        final double[] limits = new double[buckets];
        for (int i = 0; i < buckets; i++) {
            limits[i] = i == buckets - 1 ? max : min + width * (i + 1);
        }
        final double[] counts = new double[buckets];
        for (float value : values) {
            if (Float.isFinite(value)) {
                counts[width == 0 ? 0 : (int) Math.min(buckets - 1, (value - min) / width)]++;
            }
        }
        return new Histogram(min, max, count, sum, sumOfSquares, limits, counts);
    }
}
