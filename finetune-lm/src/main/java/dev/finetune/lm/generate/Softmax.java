package dev.finetune.lm.generate;

import dev.finetune.error.FinetuneException;

/** Scores to probabilities: p = exp(x - max) / sum of exp(x - max). */
final class Softmax {
    private Softmax() {}

    /** The largest score, if it can be that of a token. */
    static float largest(float[] scores) {
        return requireFinite(most(scores));
    }

    /** The largest score, which may be infinite; NaN where one is. */
    static float most(float[] scores) {
        float largest = Float.NEGATIVE_INFINITY;
        boolean numbers = true;
        for (float score : scores) {
            largest = score > largest ? score : largest;
            numbers &= !Float.isNaN(score);
        }
        return numbers ? largest : Float.NaN;
    }

    /** The largest score, if it can be that of a token. */
    static float requireFinite(float largest) {
        if (Float.isNaN(largest) || largest == Float.POSITIVE_INFINITY) {
            throw new FinetuneException("The model gave " + largest
                    + " for a token; expected finite numbers: has its training diverged, or is the temperature or"
                    + " the repetition penalty so near 0 that nothing finite is left?");
        }
        if (largest == Float.NEGATIVE_INFINITY) {
            throw new FinetuneException(
                    "No token may come next: the settings forbid all of them. Forbid less with noRepeatNgram, "
                            + "minNewTokens and minLength.");
        }
        return largest;
    }

    /** The logarithm of what the exponentials of the scores add up to. */
    static double logSum(float[] scores) {
        final double largest = largest(scores);
        double sum = 0;
        for (float score : scores) {
            sum += Exponential.of(score - largest);
        }
        return largest + Math.log(sum);
    }

    /** The logarithms of the probabilities. */
    static float[] log(float[] scores) {
        final double logSum = logSum(scores);
        final float[] logs = new float[scores.length];
        for (int i = 0; i < logs.length; i++) {
            logs[i] = (float) (scores[i] - logSum);
        }
        return logs;
    }

    /** The probabilities. */
    static float[] of(float[] scores) {
        final double logSum = logSum(scores);
        final float[] shares = new float[scores.length];
        for (int i = 0; i < shares.length; i++) {
            shares[i] = (float) Math.exp(scores[i] - logSum);
        }
        return shares;
    }
}
