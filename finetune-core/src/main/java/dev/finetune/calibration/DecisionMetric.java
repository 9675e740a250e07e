package dev.finetune.calibration;

import dev.finetune.error.FinetuneException;

/** What a threshold is tuned for: a number, the larger the better, from the counts of right and wrong decisions. */
@FunctionalInterface
public interface DecisionMetric {
    /**
     * {@return the number}
     *
     * @param truePositives chosen, and rightly
     * @param falsePositives chosen, and wrongly
     * @param falseNegatives not chosen, and wrongly
     * @param trueNegatives not chosen, and rightly
     */
    double of(long truePositives, long falsePositives, long falseNegatives, long trueNegatives);

    /** {@return the harmonic mean of precision and recall; 0 where there is neither} */
    static DecisionMetric f1() {
        return fBeta(1);
    }

    /**
     * (1 + b²) precision recall / (b² precision + recall): above 1, b makes recall count more.
     *
     * @param b a number of at least 0; with 0 it is the precision
     * @return the metric F-beta
     * @throws FinetuneException if it is negative or not finite
     */
    static DecisionMetric fBeta(double b) {
        if (!(b >= 0) || Double.isInfinite(b)) {
            throw new FinetuneException("fBeta(" + b
                    + "): b must be a number of at least 0, such as 2, which makes recall" + " count more.");
        }
        final double square = b * b;
        return (tp, fp, fn, tn) -> {
            final double all = (1 + square) * tp + square * fn + fp;
            return all == 0 ? 0 : (1 + square) * tp / all;
        };
    }

    /** {@return the share of right decisions} */
    static DecisionMetric accuracy() {
        return (tp, fp, fn, tn) -> (tp + tn) / (double) (tp + fp + fn + tn);
    }

    /** {@return the mean of the recalls of both sides} */
    static DecisionMetric balancedAccuracy() {
        return (tp, fp, fn, tn) -> (share(tp, fn) + share(tn, fp)) / 2;
    }

    /** {@return Matthews' correlation coefficient; 0 where it has nothing to divide by} */
    static DecisionMetric mcc() {
        return (tp, fp, fn, tn) -> {
            final double product = (double) (tp + fp) * (tp + fn) * (tn + fp) * (tn + fn);
            return product == 0 ? 0 : ((double) tp * tn - (double) fp * fn) / Math.sqrt(product);
        };
    }

    private static double share(long right, long wrong) {
        return right + wrong == 0 ? 0 : right / (double) (right + wrong);
    }
}
