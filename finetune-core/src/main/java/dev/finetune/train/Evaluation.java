package dev.finetune.train;

import dev.finetune.error.FinetuneException;
import dev.finetune.internal.Records;
import dev.finetune.internal.Told;

/**
 * On what, how often and in what batches a training is evaluated. Immutable: its methods of one argument give variants.
 *
 * @param everySteps steps between evaluations; 0, the default, for once an epoch
 * @param batchSize rows in an evaluation batch, and in one of predictions; 32 by default
 * @param validationFraction the share of the data that is held back where no data to evaluate on is given; 0.1 by default
 */
public record Evaluation(
        @Told(value = "evaluation", byDefault = "every epoch", as = "every {} steps")
        long everySteps,

        @Told(value = "evaluation", as = "in batches of {}") int batchSize,
        @Told("validation fraction") double validationFraction) {
    /** Once an epoch, in batches of 32, on a tenth of the data. */
    public static final Evaluation DEFAULT = new Evaluation(0, 32, 0.1);

    /**
     * Checks the ranges.
     *
     * @throws FinetuneException if a value is out of its range
     */
    public Evaluation {
        Range.check(everySteps >= 0, "evaluation(e -> e.everySteps(...))", everySteps, "at least 0");
        Range.check(batchSize > 0, "evaluation(e -> e.batchSize(...))", batchSize, "above 0");
        if (!(validationFraction > 0 && validationFraction < 1)) {
            throw new FinetuneException(
                    "The validation fraction must lie between 0 and 1, not at " + validationFraction + ".");
        }
    }

    /**
     * Evaluates every so many steps rather than once an epoch.
     *
     * @param steps at least 0; 0, the default, for once an epoch
     * @return the same with that setting
     */
    public Evaluation everySteps(long steps) {
        return Records.with(this, "everySteps", steps);
    }

    /**
     * Rows in an evaluation batch, and in one of predictions; 32 by default.
     *
     * @param rows at least 1
     * @return the same with that setting
     */
    public Evaluation batchSize(int rows) {
        return Records.with(this, "batchSize", rows);
    }

    /**
     * The share of the data that {@code fit(dataset)} holds back to evaluate on; 0.1 by default.
     *
     * @param fraction above 0 and below 1
     * @return the same with that setting
     * @throws FinetuneException if it doesn't lie between 0 and 1
     */
    public Evaluation validationFraction(double fraction) {
        return Records.with(this, "validationFraction", fraction);
    }
}
