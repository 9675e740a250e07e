package dev.finetune.search;

import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * How dense places between 0 and 1 are, as Bergstra et al. (2011) estimate it: for values in order, a mixture of normal
 * distributions cut off at 0 and 1, one around each place, as wide as the farther of its neighbours is away (at least
 * 1/min(100, n + 1)), and a wide one in the middle for what wasn't seen; for values without an order, their counts + 1.
 */
sealed interface Density {
    /** The density at a place. */
    double at(double place);

    /** A place drawn from it. */
    double draw(SplittableRandom random);

    /** The density of the values from one index up to another; {@code choices} is 0 for values in order. */
    static Density of(double[] values, int from, int to, int choices) {
        final double[] some = Arrays.copyOfRange(values, from, to);
        return choices == 0 ? Mixture.of(some) : Counts.of(some, choices);
    }

    /** A mixture of as many normal distributions as there are centres. */
    record Mixture(double[] centres, double[] widths) implements Density {
        static Mixture of(double[] values) {
            final double[] centres = Arrays.copyOf(values, values.length + 1);
            centres[values.length] = 0.5;
            Arrays.sort(centres);
            final double[] widths = new double[centres.length];
            final double narrowest = 1.0 / Math.min(100, centres.length);
            boolean prior = false;
            for (int i = 0; i < centres.length; i++) {
                final double left = i == 0 ? centres[0] : centres[i] - centres[i - 1];
                final double right = i + 1 == centres.length ? 1 - centres[i] : centres[i + 1] - centres[i];
                widths[i] = Math.min(1, Math.max(narrowest, Math.max(left, right)));
                if (centres[i] == 0.5 && !prior) {
                    widths[i] = 1;
                    prior = true;
                }
            }
            return new Mixture(centres, widths);
        }

        @Override
        public double at(double place) {
            double sum = 0;
            for (int i = 0; i < centres.length; i++) {
                final double z = (place - centres[i]) / widths[i];
                sum += Math.exp(-z * z / 2) / (widths[i] * inside(i));
            }
            return sum / (centres.length * Math.sqrt(2 * Math.PI));
        }

        /** The share of a normal distribution that lies between 0 and 1. */
        private double inside(int i) {
            return cumulative((1 - centres[i]) / widths[i]) - cumulative(-centres[i] / widths[i]);
        }

        /**
         * The cumulative normal distribution, to 1e-7: the polynomial 26.2.17 of Abramowitz and Stegun, "Handbook of
         * mathematical functions", 1964.
         */
        static double cumulative(double z) {
            final double t = 1 / (1 + 0.2316419 * Math.abs(z));
            final double tail = Math.exp(-z * z / 2)
                    / Math.sqrt(2 * Math.PI)
                    * t
                    * (0.319381530 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
            return z >= 0 ? 1 - tail : tail;
        }

        @Override
        public double draw(SplittableRandom random) {
            final int i = random.nextInt(centres.length);
            while (true) { // At least a third of a component lies between 0 and 1.
                final double place = centres[i] + widths[i] * normal(random);
                if (place >= 0 && place < 1) {
                    return place;
                }
            }
        }

        /** A standard normal number (Box and Muller, 1958). */
        private static double normal(SplittableRandom random) {
            return Math.sqrt(-2 * Math.log(1 - random.nextDouble())) * Math.cos(2 * Math.PI * random.nextDouble());
        }
    }

    /** The probability of each of several values. */
    record Counts(double[] probabilities) implements Density {
        static Counts of(double[] values, int choices) {
            final double[] probabilities = new double[choices];
            Arrays.fill(probabilities, 1.0 / (values.length + choices));
            for (double value : values) {
                probabilities[index(value, choices)] += 1.0 / (values.length + choices);
            }
            return new Counts(probabilities);
        }

        private static int index(double place, int choices) {
            return (int) Math.min(choices - 1.0, place * choices);
        }

        @Override
        public double at(double place) {
            return probabilities[index(place, probabilities.length)];
        }

        @Override
        public double draw(SplittableRandom random) {
            double rest = random.nextDouble();
            int chosen = 0;
            while (chosen + 1 < probabilities.length && rest >= probabilities[chosen]) {
                rest -= probabilities[chosen++];
            }
            return (chosen + 0.5) / probabilities.length;
        }
    }
}
