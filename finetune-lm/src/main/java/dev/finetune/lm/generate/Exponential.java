package dev.finetune.lm.generate;

/**
 * e^x for x of 0 and less, as exact as a double beside 1, and three times as fast as {@link Math#exp}: a table's e^-i, i in 64ths,
 * times a table's e^-j, j in 65,536ths, times what is left, 1 + r + r^2 / 2 + r^3 / 6 with r below 2^-16.
 */
final class Exponential {
    private static final int COARSE = 64;
    private static final int SHIFT = 10;
    private static final int FINE = 1 << SHIFT;
    private static final double STEP = 1.0 / (COARSE * FINE);

    /** What is below counts for nothing beside 1, even 2^18 times. */
    private static final int LEAST = -49;

    private static final double[] OF_COARSE = table(1 - LEAST * COARSE, 1.0 / COARSE);
    private static final double[] OF_FINE = table(FINE, STEP);

    private Exponential() {}

    private static double[] table(int size, double step) {
        final double[] table = new double[size];
        for (int i = 0; i < size; i++) {
            table[i] = StrictMath.exp(-i * step);
        }
        return table;
    }

    /** The exponential of a number of 0 or less; 0 where it is below -49. */
    static double of(double x) {
        if (x < LEAST) {
            return 0;
        }
        final int steps = (int) (x * -(COARSE * FINE));
        final double r = x + steps * STEP;
        return OF_COARSE[steps >> SHIFT] * OF_FINE[steps & FINE - 1] * (1 + r * (1 + r * (1 / 2.0 + r * (1 / 6.0))));
    }
}
