package dev.finetune.search;

import dev.finetune.error.FinetuneException;

/** How the next trial's settings are chosen. */
public sealed interface Sampler {
    /** Each setting at random, whatever came of others (Bergstra and Bengio, 2012). */
    record Random() implements Sampler {}

    /**
     * The Halton sequence (1960), shifted at random (Cranley and Patterson, 1976): evenly spread settings, whatever came of
     * others. The best of the two that don't learn, where there are few dimensions.
     */
    record Halton() implements Sampler {}

    /**
     * Tree-structured Parzen estimators (Bergstra et al., "Algorithms for hyper-parameter optimization", 2011): of
     * candidates drawn from where good trials are dense, the one where good ones are densest beside the others, setting by
     * setting.
     *
     * @param start trials of a Halton sequence before it begins to learn, 10 by default
     * @param goodShare the share of trials that are good, 0.15 by default
     * @param candidates how many are drawn for a setting, 24 by default
     */
    record Tpe(int start, double goodShare, int candidates) implements Sampler {
        /** Checks the ranges. */
        public Tpe {
            if (start < 2 || !(goodShare > 0 && goodShare < 1) || candidates < 1) {
                throw new FinetuneException("TPE needs at least 2 trials to start with, a share of good ones between 0 "
                        + "and 1, and a candidate, not " + start + ", " + goodShare + " and " + candidates + ".");
            }
        }
    }

    /** {@return each setting at random} */
    static Sampler random() {
        return new Random();
    }

    /**
     * Evenly spread settings.
     *
     * @return the sampler
     */
    static Sampler halton() {
        return new Halton();
    }

    /**
     * Settings near those that were good.
     *
     * @return the sampler
     */
    static Sampler tpe() {
        return new Tpe(10, 0.15, 24);
    }
}
