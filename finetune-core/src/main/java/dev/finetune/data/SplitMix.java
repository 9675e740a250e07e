package dev.finetune.data;

import dev.finetune.internal.Seeds;

/**
 * A small random generator whose numbers never change between Java versions: SplitMix64 (Steele, Lea and Flood, "Fast
 * Splittable Pseudorandom Number Generators", OOPSLA 2014), with unbiased bounded numbers (Lemire, "Fast Random Integer
 * Generation in an Interval", 2019).
 */
final class SplitMix {
    private static final long GOLDEN_GAMMA = 0x9E3779B97F4A7C15L;

    private long state;

    SplitMix(long seed) {
        state = seed;
    }

    /** A generator for one of many uses of a seed, such as one epoch. */
    static SplitMix of(long seed, long use) {
        return new SplitMix(Seeds.mix(seed + GOLDEN_GAMMA) ^ Seeds.mix(~use));
    }

    long nextLong() {
        state += GOLDEN_GAMMA;
        return Seeds.mix(state);
    }

    /** A number from 0 to {@code bound - 1}, each as likely as the other. */
    int nextInt(int bound) {
        long product = (nextLong() >>> 32) * bound;
        if ((product & 0xFFFFFFFFL) < bound) {
            long unfair = (1L << 32) % bound;
            while ((product & 0xFFFFFFFFL) < unfair) {
                product = (nextLong() >>> 32) * bound;
            }
        }
        return (int) (product >>> 32);
    }

    /** Shuffles {@code values[from]} to {@code values[to - 1]} in place (Fisher and Yates). */
    void shuffle(int[] values, int from, int to) {
        for (int i = to - 1; i > from; i--) {
            int j = from + nextInt(i - from + 1);
            int moved = values[i];
            values[i] = values[j];
            values[j] = moved;
        }
    }
}
