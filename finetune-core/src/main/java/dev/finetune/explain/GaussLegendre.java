package dev.finetune.explain;

/**
 * Where, and how much, an integral from 0 to 1 is sampled by the quadrature of Gauss and Legendre: with n points it is exact for
 * polynomials up to the degree 2n - 1. Points are the roots of the Legendre polynomial P_n, found by Newton's method from
 * cos(pi (i - 1/4) / (n + 1/2)), and weights 2 / ((1 - x^2) P_n'(x)^2), both brought from [-1, 1] to [0, 1] (Abramowitz and
 * Stegun, Handbook of Mathematical Functions, 25.4.29 and 22.16.6).
 *
 * @param points ascending, between 0 and 1
 * @param weights of the points; they sum to 1
 */
record GaussLegendre(double[] points, double[] weights) {
    private static final double NEAR = 1e-15;
    private static final int MOST_ITERATIONS = 100;

    /** {@return so many points, at least 1} */
    static GaussLegendre of(int count) {
        final double[] points = new double[count];
        final double[] weights = new double[count];
        for (int i = 0; i < count; i++) {
            double x = Math.cos(Math.PI * (i + 0.75) / (count + 0.5));
            double slope = slope(count, x);
            for (int j = 0; j < MOST_ITERATIONS; j++) {
                final double step = legendre(count, x) / slope;
                x -= step;
                slope = slope(count, x);
                if (Math.abs(step) < NEAR) {
                    break;
                }
            }
            points[count - 1 - i] = (1 + x) / 2;
            weights[count - 1 - i] = 1 / ((1 - x * x) * slope * slope);
        }
        return new GaussLegendre(points, weights);
    }

    /** P_n(x), by (k + 1) P_(k+1) = (2k + 1) x P_k - k P_(k-1). */
    private static double legendre(int n, double x) {
        double before = 1;
        double now = x;
        for (int k = 1; k < n; k++) {
            final double next = ((2 * k + 1) * x * now - k * before) / (k + 1);
            before = now;
            now = next;
        }
        return now;
    }

    /** P_n'(x) = n (x P_n - P_(n-1)) / (x^2 - 1). */
    private static double slope(int n, double x) {
        final double before = n == 1 ? 1 : legendre(n - 1, x);
        return n * (x * legendre(n, x) - before) / (x * x - 1);
    }
}
