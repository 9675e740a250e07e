package dev.finetune.train;

/**
 * What one optimizer step did.
 *
 * @param step counted from 1: how many optimizer steps are done with it, as in {@link EpochReport}
 * @param epoch counted from 0
 * @param loss the mean loss over all the batches of the step
 * @param gradientNorm the global norm of the gradients before clipping; not finite where they didn't fit into float16,
 *     so that the step changed nothing ({@link Precision#FLOAT16})
 * @param learningRate the rate that the step used
 * @param rows how many rows it saw
 */
public record StepReport(long step, int epoch, double loss, double gradientNorm, double learningRate, int rows) {}
