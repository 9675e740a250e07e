package dev.finetune.train;

import dev.finetune.error.FinetuneException;
import java.time.Duration;
import java.util.Optional;

/**
 * How a model is trained: everything that the loop obeys, said once. The defaults are those of the Transformers Trainer.
 *
 * @param learningRate the peak rate, above 0; 5e-5 by default
 * @param optimizer the rule, AdamW by default
 * @param schedule how the rate changes, linear decay without warm-up by default
 * @param preservation whether lower stages learn less, or later, weights are averaged, and what is added to the loss; nothing of
 *     it by default
 * @param epochs passes over the data, 3 by default; may be a fraction
 * @param maxSteps the number of optimizer steps, in place of those that the epochs make; 0 for those
 * @param maxTime after which training stops at the next step, if given
 * @param batchSize rows in a training batch, 8 by default
 * @param evaluationBatchSize rows in an evaluation batch, 32 by default
 * @param accumulation batches per optimizer step, 1 by default; losses are divided by the true count over all of them
 * @param batchesInParts whether a training batch that memory doesn't suffice for is computed in parts, false by default
 * @param maxGradientNorm gradients are scaled down to this global norm, 1 by default; 0 for no clipping
 * @param precision of matrix products, float32 by default
 * @param gradientCheckpointing whether stages are computed twice instead of keeping what they computed
 * @param keepFrozenOutputs whether the frozen stages that come first compute in evaluation mode, and what they give for
 *     an input that never changes is kept; otherwise they compute in every step, with their dropout
 * @param leanBackward whether attention with dropout, and activations, keep less for the backward pass and compute the
 *     rest again, and whether the attention of long rows is computed piece by piece
 * @param cudaGraphs whether on a GPU passes over batches of equal shape are recorded and replayed, true by default
 * @param evaluateEvery steps between evaluations, 0 for once an epoch
 * @param earlyStopping stops when a metric stops improving, if given
 * @param keepBest whether the weights of the best evaluation are restored at the end
 * @param bestMetric the metric that says which is best; empty for the task's main metric
 * @param shuffle whether each epoch visits the rows in a new order
 * @param groupByLength whether rows of similar length are computed together, in evaluations and predictions, too
 * @param seed of everything random, 42 by default
 * @param device where to compute
 */
public record TrainingSettings(
        double learningRate,
        OptimizerSettings optimizer,
        Schedule schedule,
        KnowledgePreservation preservation,
        double epochs,
        long maxSteps,
        Optional<Duration> maxTime,
        int batchSize,
        int evaluationBatchSize,
        int accumulation,
        boolean batchesInParts,
        double maxGradientNorm,
        Precision precision,
        boolean gradientCheckpointing,
        boolean keepFrozenOutputs,
        boolean leanBackward,
        boolean cudaGraphs,
        long evaluateEvery,
        Optional<EarlyStopping> earlyStopping,
        boolean keepBest,
        String bestMetric,
        boolean shuffle,
        boolean groupByLength,
        long seed,
        DeviceChoice device) {
    /**
     * Checks every value.
     *
     * @throws FinetuneException if one is out of its range, by its name
     */
    public TrainingSettings {
        check(learningRate > 0 && !Double.isInfinite(learningRate), "lr", learningRate, "a number above 0");
        check(epochs > 0 && !Double.isInfinite(epochs), "epochs", epochs, "a number above 0");
        check(
                maxTime.filter(time -> time.isZero() || time.isNegative()).isEmpty(),
                "maxTime",
                maxTime.map(Duration::toString).orElse("none"),
                "above 0");
        check(maxSteps >= 0, "maxSteps", maxSteps, "at least 0");
        check(batchSize > 0, "batchSize", batchSize, "above 0");
        check(evaluationBatchSize > 0, "evaluationBatchSize", evaluationBatchSize, "above 0");
        check(accumulation > 0, "accumulate", accumulation, "above 0");
        check(maxGradientNorm >= 0, "maxGradientNorm", maxGradientNorm, "at least 0");
        check(evaluateEvery >= 0, "evaluateEvery", evaluateEvery, "at least 0");
        if (gradientCheckpointing && preservation.regularization().rDrop() > 0) {
            throw new FinetuneException("rDrop(" + preservation.regularization().rDrop()
                    + ") and gradientCheckpointing() don't go" + " together: leave one of them out.");
        }
    }

    private static void check(boolean holds, String name, Object found, String expected) {
        if (!holds) {
            throw new FinetuneException(name + " must be " + expected + ", but is " + found + ".");
        }
    }
}
