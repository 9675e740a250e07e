package dev.finetune.calibration;

import dev.finetune.error.FinetuneException;
import java.util.List;

/**
 * Fits the temperature T by which logits z are divided so that probabilities are honest (Guo et al., "On calibration of
 * modern neural networks", 2017): the T of the lowest mean negative log likelihood. In b = 1 / T that is convex, and
 * solved by Newton's method within a bracket, in double precision.
 */
public final class TemperatureScaling {
    /** The lowest and the highest temperature that is looked at. */
    private static final double LOWEST = 0.01;

    private static final double HIGHEST = 100;
    private static final int ITERATIONS = 200;

    private TemperatureScaling() {}

    /**
     * The temperature for one class of several: minimises the mean of logsumexp(z / T) - z[y] / T. Where every example is
     * right there may be no minimum (the colder, the better); then it is 1, for so little data says nothing.
     *
     * @param logits a row per example
     * @param truths the index of each example's class
     * @return at least 0.01, at most 100
     * @throws FinetuneException if there is no example
     */
    public static double ofClasses(List<float[]> logits, int[] truths) {
        return minimise(logits.size(), inverse -> {
            double slope = 0;
            double curvature = 0;
            for (int row = 0; row < truths.length; row++) {
                final float[] z = logits.get(row);
                double max = Double.NEGATIVE_INFINITY;
                for (float value : z) {
                    max = Math.max(max, value);
                }
                double sum = 0;
                double first = 0;
                double second = 0;
                for (float value : z) {
                    final double e = Math.exp((value - max) * inverse);
                    sum += e;
                    first += e * value;
                    second += e * value * value;
                }
                final double mean = first / sum;
                slope += mean - z[truths[row]];
                curvature += Math.max(0, second / sum - mean * mean);
            }
            return new Derivatives(slope, curvature);
        });
    }

    /**
     * The temperature for several labels at once: minimises the mean binary cross entropy of sigmoid(z / T). 1 where
     * there is no minimum.
     *
     * @param logits a row per example
     * @param truths 1 for each label that the example has, 0 for the others
     * @return at least 0.01, at most 100
     * @throws FinetuneException if there is no example
     */
    public static double ofLabels(List<float[]> logits, List<float[]> truths) {
        return minimise(logits.size(), inverse -> {
            double slope = 0;
            double curvature = 0;
            for (int row = 0; row < logits.size(); row++) {
                final float[] z = logits.get(row);
                final float[] truth = truths.get(row);
                for (int i = 0; i < z.length; i++) {
                    final double p = 1 / (1 + Math.exp(-z[i] * inverse));
                    slope += (p - truth[i]) * z[i];
                    curvature += p * (1 - p) * z[i] * z[i];
                }
            }
            return new Derivatives(slope, curvature);
        });
    }

    /** First and second derivative of a convex function. */
    private record Derivatives(double slope, double curvature) {}

    private interface Convex {
        Derivatives at(double inverse);
    }

    private static double minimise(int examples, Convex loss) {
        if (examples == 0) {
            throw new FinetuneException("There is no example to fit a temperature on; give validation data that has.");
        }
        double low = 1 / HIGHEST;
        double high = 1 / LOWEST;
        if (loss.at(high).slope <= 0) {
            return 1;
        }
        if (loss.at(low).slope >= 0) {
            return HIGHEST;
        }
        double inverse = 1;
        for (int i = 0; i < ITERATIONS; i++) {
            final Derivatives here = loss.at(inverse);
            if (here.slope > 0) {
                high = inverse;
            } else {
                low = inverse;
            }
            final double newton = inverse - here.slope / here.curvature;
            final double next = newton > low && newton < high ? newton : Math.sqrt(low * high);
            if (Math.abs(next - inverse) <= 1e-14 * inverse) {
                return 1 / next;
            }
            inverse = next;
        }
        return 1 / inverse;
    }
}
