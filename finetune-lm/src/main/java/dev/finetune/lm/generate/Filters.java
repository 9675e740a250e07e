package dev.finetune.lm.generate;

import java.util.Arrays;
import java.util.PriorityQueue;
import java.util.stream.IntStream;

/** What a token is drawn of: leaves some tokens, forbids the others. */
final class Filters {
    private Filters() {}

    /** Divides scores. */
    static LogitsProcessor temperature(double temperature) {
        final float divisor = (float) temperature;
        return (text, scores) -> {
            for (int i = 0; i < scores.length; i++) {
                scores[i] /= divisor;
            }
        };
    }

    /** Leaves the tokens of the highest scores, with those that equal the last. */
    static LogitsProcessor topK(int tokens) {
        return (text, scores) -> {
            final PriorityQueue<Float> highest = new PriorityQueue<>();
            for (float score : scores) {
                if (highest.size() < tokens) {
                    highest.add(score);
                } else if (score > highest.element()) {
                    highest.remove();
                    highest.add(score);
                }
            }
            forbidBelow(highest.element(), scores, scores);
        };
    }

    private static void forbidBelow(float least, float[] values, float[] scores) {
        for (int i = 0; i < scores.length; i++) {
            if (values[i] < least) {
                scores[i] = Float.NEGATIVE_INFINITY;
            }
        }
    }

    /**
     * Forbids the least probable tokens, as many as have this probability together at most: sums of 32-bit probabilities, rounded
     * to 32 bits, so that ties at the edge are decided as by torch.
     */
    static LogitsProcessor topP(double probability) {
        final float most = (float) (1 - probability);
        return (text, scores) -> {
            final int[] ascending = ascending(scores);
            final float[] shares = Softmax.of(scores);
            double sum = 0;
            for (int i = 0; i < ascending.length - 1; i++) {
                sum += shares[ascending[i]];
                if ((float) sum > most) {
                    return;
                }
                scores[ascending[i]] = Float.NEGATIVE_INFINITY;
            }
        };
    }

    /** The tokens that aren't forbidden, by their scores; equal ones by their ids. */
    private static int[] ascending(float[] scores) {
        final long[] keys = IntStream.range(0, scores.length)
                .filter(id -> scores[id] != Float.NEGATIVE_INFINITY)
                .mapToLong(id -> (long) ordered(scores[id]) << Integer.SIZE | id)
                .toArray();
        Arrays.sort(keys);
        return Arrays.stream(keys).mapToInt(key -> (int) key).toArray();
    }

    /** An integer for a float, with the same order. */
    private static int ordered(float value) {
        final int bits = Float.floatToIntBits(value + 0f); // -0 becomes 0.
        return bits ^ (bits >> 31 & Integer.MAX_VALUE);
    }

    /** Leaves the tokens that have this share of the highest probability. */
    static LogitsProcessor minP(double share) {
        return (text, scores) -> {
            final float[] shares = Softmax.of(scores);
            forbidBelow((float) share * Softmax.largest(shares), shares, scores);
        };
    }
}
