package dev.finetune.vision.image;

/**
 * The fixed-point weights of one direction of a resize: output i is the sum of {@code sizes[i]} inputs from {@code
 * starts[i]} on, each times its weight, shifted right by {@code precision} bits. Source: Pillow, Resample.c,
 * precompute_coeffs and normalize_coeffs_8bpc; PyTorch, UpSampleKernel.cpp, which computes the same weights and then
 * takes as many bits as fit 16-bit integers.
 */
record Weights(int[] starts, int[] sizes, int[] weights, int stride, int precision) {
    private static final int PILLOW_PRECISION = 32 - 8 - 2;
    private static final int MOST_PRECISION = 22;

    static Weights of(int in, int out, Interpolation filter, Arithmetic arithmetic) {
        double scale = (double) in / out;
        double filterScale = Math.max(scale, 1);
        double inverse = 1 / filterScale;
        double support = filter.support() * filterScale;
        int stride = (int) Math.ceil(support) * 2 + 1;
        int[] starts = new int[out];
        int[] sizes = new int[out];
        double[] exact = new double[out * stride];
        double largest = 0;
        for (int i = 0; i < out; i++) {
            double centre = scale * (i + 0.5);
            int start = Math.max(0, (int) (centre - support + 0.5));
            int size = Math.min(in, (int) (centre + support + 0.5)) - start;
            double sum = 0;
            for (int j = 0; j < size; j++) {
                double weight = filter.weight((j + start - centre + 0.5) * inverse);
                exact[i * stride + j] = weight;
                sum += weight;
            }
            for (int j = 0; j < size; j++) {
                exact[i * stride + j] = sum == 0 ? exact[i * stride + j] : exact[i * stride + j] / sum;
                largest = Math.max(largest, exact[i * stride + j]);
            }
            starts[i] = start;
            sizes[i] = size;
        }
        int precision = arithmetic == Arithmetic.PILLOW ? PILLOW_PRECISION : tensorPrecision(largest);
        int[] weights = new int[exact.length];
        for (int i = 0; i < exact.length; i++) {
            double scaled = exact[i] * (1 << precision);
            weights[i] = (int) (scaled < 0 ? scaled - 0.5 : scaled + 0.5);
        }
        return new Weights(starts, sizes, weights, stride, precision);
    }

    /** The most bits with which the largest weight still fits 16 bits. */
    private static int tensorPrecision(double largest) {
        int precision = 0;
        while (precision < MOST_PRECISION && (int) (0.5 + largest * (1 << precision + 1)) < 1 << 15) {
            precision++;
        }
        return precision;
    }
}
