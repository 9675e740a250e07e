package dev.finetune.search;

import dev.finetune.internal.Seeds;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Chooses settings as places of the unit cube. What it gives depends on its arguments alone. */
final class Proposals {
    private static final int[] PRIMES = {
        2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107,
        109, 113, 127, 131
    };

    /** How many dimensions there can be. */
    static final int MOST_DIMENSIONS = PRIMES.length;

    private final Sampler sampler;
    private final List<Dimension> dimensions;
    private final long seed;

    Proposals(Sampler sampler, List<Dimension> dimensions, long seed) {
        this.sampler = sampler;
        this.dimensions = dimensions;
        this.seed = seed;
    }

    /**
     * The places of a trial.
     *
     * @param number of the trial, counted from 0
     * @param ranked the places of the trials that ended before it, the best first
     */
    List<Double> next(int number, List<List<Double>> ranked) {
        if (sampler instanceof Sampler.Random) {
            return random(number);
        }
        if (sampler instanceof Sampler.Tpe tpe && ranked.size() >= tpe.start()) {
            return tpe(tpe, number, ranked);
        }
        return halton(number);
    }

    private SplittableRandom generator(long use) {
        return new SplittableRandom(Seeds.of(seed, use + 0x2545F4914F6CDD1DL));
    }

    private List<Double> random(int number) {
        final SplittableRandom random = generator(number);
        return dimensions.stream().map(any -> random.nextDouble()).toList();
    }

    private List<Double> halton(int number) {
        final SplittableRandom random = generator(-1);
        final List<Double> places = new ArrayList<>();
        for (int i = 0; i < dimensions.size(); i++) {
            final double shifted = radicalInverse(PRIMES[i], number + 1) + random.nextDouble();
            places.add(shifted >= 1 ? shifted - 1 : shifted);
        }
        return places;
    }

    /** The digits of a number in a base, mirrored at the point: 6 = 110 in base 2 becomes 0.011. */
    static double radicalInverse(int base, int number) {
        double result = 0;
        double digit = 1.0 / base;
        for (int rest = number; rest > 0; rest /= base) {
            result += rest % base * digit;
            digit /= base;
        }
        return result;
    }

    private List<Double> tpe(Sampler.Tpe tpe, int number, List<List<Double>> ranked) {
        final SplittableRandom random = generator(number);
        final int good = (int) Math.ceil(tpe.goodShare() * ranked.size());
        final List<Double> places = new ArrayList<>();
        for (int i = 0; i < dimensions.size(); i++) {
            final int dimension = i;
            final double[] values =
                    ranked.stream().mapToDouble(place -> place.get(dimension)).toArray();
            final int choices = dimensions.get(i).choices();
            final Density best = Density.of(values, 0, good, choices);
            final Density rest = Density.of(values, good, values.length, choices);
            double chosen = 0;
            double highest = Double.NEGATIVE_INFINITY;
            for (int c = 0; c < tpe.candidates(); c++) {
                final double candidate = best.draw(random);
                final double ratio = Math.log(best.at(candidate)) - Math.log(rest.at(candidate));
                if (ratio > highest) {
                    highest = ratio;
                    chosen = candidate;
                }
            }
            places.add(chosen);
        }
        return places;
    }
}
