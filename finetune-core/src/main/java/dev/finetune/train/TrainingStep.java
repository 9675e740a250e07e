package dev.finetune.train;

import dev.finetune.DivergedException;
import dev.finetune.internal.torch.DropoutMask;
import dev.finetune.internal.torch.OwnProducts;
import dev.finetune.internal.torch.Tensors;
import dev.finetune.nn.Batch;
import dev.finetune.spi.HostBatch;
import dev.finetune.task.Task;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;

/**
 * One optimizer step: for each of the accumulated batches forward, loss, backward; then clip and step. Losses are sums
 * divided by the true count of what was summed over the whole step.
 */
final class TrainingStep {
    private final Pass pass;
    private final StepUpdate update;
    private final Originals originals;
    private final Task task;
    private final TrainingSettings settings;
    private final BatchSource source;
    private final Device device;

    TrainingStep(
            Pass pass,
            StepUpdate update,
            Originals originals,
            Task task,
            TrainingSettings settings,
            BatchSource source,
            Device device) {
        this.pass = pass;
        this.update = update;
        this.originals = originals;
        this.task = task;
        this.settings = settings;
        this.source = source;
        this.device = device;
    }

    /**
     * The loss of a step, with what pulls, and the norm of its gradients before clipping.
     *
     * @param loss the mean over all that the step saw
     * @param norm global
     */
    record Result(double loss, double norm) {}

    /**
     * Changes parameters by the gradients of the mean loss over all the batches of a step.
     *
     * @param rate the learning rate
     * @param step counted from 0
     * @param epoch counted from 0, for messages
     */
    Result run(List<HostBatch> group, double rate, long step, int epoch) {
        final List<Tensor> losses = new ArrayList<>();
        try (OwnProducts own = OwnProducts.take(device.is_cpu())) {
            accumulate(group, step, losses);
            final double penalty = originals.pull();
            final StepUpdate.Numbers numbers = update.apply(losses, rate);
            double loss = penalty;
            for (int i = 0; i < losses.size(); i++) {
                final double part = numbers.losses().get(i);
                if (!Double.isFinite(part)) {
                    throw new DivergedException("The loss became " + part + " at step " + step + " (epoch " + epoch
                            + "), on " + source.describe(group.get(i)) + ". " + advice(step, rate)
                            + " Labels of a regression that are not finite do it, too.");
                }
                loss += part;
            }
            return new Result(loss, numbers.norm());
        } finally {
            losses.forEach(Tensor::close);
        }
    }

    /** What may help against a loss that isn't finite. No rate had any part in the first. */
    private static String advice(long step, double rate) {
        return step == 0
                ? "No weight had been changed before, so a lower learning rate won't help: the checkpoint holds weights"
                        + " that aren't finite, or inputs or weights are far too large."
                : "Try a lower learning rate, or a warm-up; the rate of this step was " + rate + ".";
    }

    /** Adds gradients batch by batch, and what each batch adds to the step's loss to {@code losses}; the caller owns them. */
    private void accumulate(List<HostBatch> group, long step, List<Tensor> losses) {
        final double weight = group.stream().mapToDouble(task::weight).sum();
        for (int i = 0; i < group.size(); i++) {
            try (Batch batch = new Batch(group.get(i), device)) {
                losses.add(pass.start(batch, weight, seed(step * settings.accumulation() + i)));
            } catch (RuntimeException e) {
                throw Tensors.translate("Step " + step + ", " + source.describe(group.get(i)), e);
            }
        }
    }

    private long seed(long batch) {
        return DropoutMask.mix(settings.seed() ^ DropoutMask.mix(batch + 1));
    }
}
