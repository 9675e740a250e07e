package dev.finetune.train;

import dev.finetune.error.FinetuneException;

/**
 * The steps in which the learning rate rises from 0 to its peak: so many, or a share of all steps, rounded up.
 *
 * @param steps how many; 0 where a ratio is given
 * @param ratio their share of all steps; 0 where a number is given
 */
public record Warmup(long steps, double ratio) {
    /** None. */
    public static final Warmup NONE = new Warmup(0, 0);

    /** Checks the ranges. */
    public Warmup {
        if (steps < 0 || !(ratio >= 0 && ratio <= 1)) {
            throw new FinetuneException("Warm-up needs a number of steps of at least 0, or a ratio from 0 to 1, not "
                    + steps + " and " + ratio + ".");
        }
    }

    /** How many steps of so many. */
    long of(long total) {
        return steps > 0 ? steps : (long) Math.ceil(ratio * total);
    }

    @Override
    public String toString() {
        if (steps == 0 && ratio == 0) {
            return "no warm-up";
        }
        return steps > 0 ? steps + " warm-up steps" : "warm-up ratio " + ratio;
    }
}
