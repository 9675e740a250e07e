package dev.finetune.vision.augment;

import java.util.SplittableRandom;

/**
 * Draws from the distribution Beta(alpha, alpha) as X / (X + Y) with X and Y from Gamma(alpha, 1), which are drawn by
 * the method of Marsaglia and Tsang ("A Simple Method for Generating Gamma Variables", 2000).
 */
final class Beta {
    private Beta() {}

    static double draw(double alpha, SplittableRandom random) {
        double x = gamma(alpha, random);
        double y = gamma(alpha, random);
        return x + y == 0 ? (random.nextBoolean() ? 1 : 0) : x / (x + y);
    }

    private static double gamma(double shape, SplittableRandom random) {
        if (shape < 1) {
            return gamma(shape + 1, random) * Math.pow(1 - random.nextDouble(), 1 / shape);
        }
        double d = shape - 1.0 / 3;
        double c = 1 / Math.sqrt(9 * d);
        while (true) {
            double x = normal(random);
            double v = Math.pow(1 + c * x, 3);
            double u = 1 - random.nextDouble();
            if (v > 0 && Math.log(u) < 0.5 * x * x + d - d * v + d * Math.log(v)) {
                return d * v;
            }
        }
    }

    /** By Box and Muller. */
    private static double normal(SplittableRandom random) {
        return Math.sqrt(-2 * Math.log(1 - random.nextDouble())) * Math.cos(2 * Math.PI * random.nextDouble());
    }
}
