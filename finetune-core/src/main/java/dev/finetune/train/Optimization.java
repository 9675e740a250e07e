package dev.finetune.train;

import dev.finetune.error.FinetuneException;
import dev.finetune.internal.Records;
import dev.finetune.internal.Told;

/**
 * What becomes of gradients before a step is made of them. Immutable: its methods of one argument give variants.
 *
 * @param accumulate batches per optimizer step, 1 by default; losses are divided by the true count over all of them
 * @param maxGradientNorm gradients are scaled down to this global norm, 1 by default; 0 for no clipping
 */
public record Optimization(
        @Told(value = "accumulation", byDefault = "none", as = "{} batches a step")
        int accumulate,

        @Told(value = "maximum gradient norm", zero = "none")
        double maxGradientNorm) {
    /** A step a batch, gradients clipped to norm 1. */
    public static final Optimization DEFAULT = new Optimization(1, 1);

    /**
     * Checks the ranges.
     *
     * @throws FinetuneException if a value is out of its range
     */
    public Optimization {
        Range.check(accumulate > 0, "optimization(o -> o.accumulate(...))", accumulate, "above 0");
        Range.check(maxGradientNorm >= 0, "optimization(o -> o.maxGradientNorm(...))", maxGradientNorm, "at least 0");
    }

    /**
     * Batches per optimizer step; 1 by default.
     *
     * @param batches at least 1
     * @return the same with that setting
     */
    public Optimization accumulate(int batches) {
        return Records.with(this, "accumulate", batches);
    }

    /**
     * Gradients are scaled down to this global norm; 1 by default, 0 for no clipping.
     *
     * @param norm at least 0
     * @return the same with that setting
     */
    public Optimization maxGradientNorm(double norm) {
        return Records.with(this, "maxGradientNorm", norm);
    }
}
