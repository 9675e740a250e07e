package dev.finetune.search;

import dev.finetune.error.FinetuneException;

/**
 * Stops bad trials early: successive halving as ASHA does it (Li et al., "A system for massively parallel hyperparameter
 * tuning", 2020), in its stopping form, where a trial goes on from a rung if it is among the best there so far. Rungs are
 * evaluations: once an epoch, or as often as {@code evaluation(e -> e.everySteps(...))} says.
 *
 * @param first the evaluation at which trials are compared first, counted from 1
 * @param factor f: the next rungs are at first f, first f², ...; of n trials that came to a rung, the best n / f, rounded
 *     up, go on
 */
public record Halving(int first, int factor) {
    /** Checks the ranges. */
    public Halving {
        if (first < 1 || factor < 2) {
            throw new FinetuneException(
                    "Halving needs a first evaluation of at least 1 and a factor of at least 2, not " + first + " and "
                            + factor + ".");
        }
    }

    /**
     * Compared after the first evaluation, then after 3, 9 ...: a third goes on.
     *
     * @return the rungs 1, 3, 9 ..., of each of which a third goes on
     */
    public static Halving usual() {
        return new Halving(1, 3);
    }

    /** Whether trials are compared at an evaluation. */
    boolean isRung(int evaluation) {
        long rung = first;
        while (rung < evaluation) {
            rung *= factor;
        }
        return rung == evaluation;
    }

    /** Whether the trial of a rank (0 for the best) among so many goes on. */
    boolean goesOn(int rank, int trials) {
        return rank < (trials + factor - 1) / factor;
    }
}
