package dev.finetune.internal;

/**
 * Mixes seeds: randomness is a function of a seed and of what it is for (step, layer, draw), never of a generator's state
 * (SplitMix64: Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014).
 */
public final class Seeds {
    private Seeds() {}

    /** SplitMix64's finaliser: a bijection of 64 bits that changes half of them for each bit of the input. */
    public static long mix(long value) {
        long z = value;
        z = (z ^ z >>> 30) * 0xBF58476D1CE4E5B9L;
        z = (z ^ z >>> 27) * 0x94D049BB133111EBL;
        return z ^ z >>> 31;
    }

    /** A seed for one of many uses of a seed, such as a step. */
    public static long of(long seed, long use) {
        return mix(seed ^ mix(use));
    }
}
