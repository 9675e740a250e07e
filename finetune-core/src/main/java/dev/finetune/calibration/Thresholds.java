package dev.finetune.calibration;

import java.util.Comparator;
import java.util.stream.IntStream;

/** Finds the probability from which it is best to say yes. */
public final class Thresholds {
    private static final double USUAL = 0.5;

    private Thresholds() {}

    /**
     * {@return the threshold t for which "yes where p >= t" makes a metric largest on the examples} Of all thresholds
     * that decide the same it is 0.5 if that is one of them, else the middle; of equally good ones the nearest to 0.5.
     * It is 0.5 where all examples are true, or none is.
     *
     * @param probabilities one per example
     * @param truths whether it should be chosen
     * @param metric the larger the better
     */
    public static double best(double[] probabilities, boolean[] truths, DecisionMetric metric) {
        final int count = probabilities.length;
        long positives = 0;
        for (boolean truth : truths) {
            positives += truth ? 1 : 0;
        }
        if (positives == 0 || positives == count) {
            return USUAL;
        }
        final int[] falling = IntStream.range(0, count)
                .boxed()
                .sorted(Comparator.comparingDouble((Integer i) -> -probabilities[i]))
                .mapToInt(Integer::intValue)
                .toArray();
        double best = Double.NEGATIVE_INFINITY;
        double threshold = USUAL;
        long right = 0;
        for (int chosen = 0; chosen <= count; chosen++) {
            if (chosen > 0) {
                right += truths[falling[chosen - 1]] ? 1 : 0;
            }
            final double last = chosen == 0 ? 1 : probabilities[falling[chosen - 1]];
            final double next = chosen == count ? 0 : probabilities[falling[chosen]];
            if (chosen < count && chosen > 0 && last == next || chosen == 0 && next == 1) {
                continue; // No threshold parts equal probabilities.
            }
            final double value =
                    metric.of(right, chosen - right, positives - right, count - chosen - (positives - right));
            final double here = next < USUAL && USUAL <= last ? USUAL : next + (last - next) / 2;
            if (value > best || value == best && Math.abs(here - USUAL) < Math.abs(threshold - USUAL)) {
                best = value;
                threshold = here;
            }
        }
        return threshold;
    }
}
