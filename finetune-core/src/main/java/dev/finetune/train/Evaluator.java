package dev.finetune.train;

import dev.finetune.DivergedException;
import dev.finetune.internal.MemoryHelp;
import dev.finetune.internal.NonFinite;
import dev.finetune.internal.torch.Autocast;
import dev.finetune.internal.torch.GradientMode;
import dev.finetune.internal.torch.MemoryFailures;
import dev.finetune.internal.torch.OwnProducts;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import dev.finetune.metrics.Metrics;
import dev.finetune.nn.Batch;
import dev.finetune.nn.ForwardContext;
import dev.finetune.nn.Network;
import dev.finetune.spi.HostBatch;
import dev.finetune.task.Task;
import java.util.Map;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;

/** Runs a network over batches without training it. The loss is the sum over all rows by the sum of their weights. */
public final class Evaluator {
    private Evaluator() {}

    /**
     * {@return loss and metrics over an epoch of a source, in float32, in constant memory as far as the metrics allow}
     *
     * @param network the network (borrowed)
     * @param task what the head predicts, and its loss
     * @param source of labelled batches, one epoch of which is read
     * @param device where to compute (borrowed)
     * @param lean whether the attention of long rows may be computed piece by piece
     * @throws dev.finetune.FinetuneException if the thread is interrupted, which it stays
     */
    public static Metrics evaluate(Network network, Task task, BatchSource source, Device device, boolean lean) {
        try (FrozenPrefix none = FrozenPrefix.none(network, lean)) {
            return evaluate(network, task, source, device, false, none, false);
        }
    }

    /**
     * The same with what a frozen prefix has kept, and keeping what rows that come again give.
     *
     * @throws InterruptedRun if the thread is interrupted: the metrics of a part of the data are those of other data
     */
    static Metrics evaluate(
            Network network,
            Task task,
            BatchSource source,
            Device device,
            boolean bfloat16,
            FrozenPrefix prefix,
            boolean rowsComeAgain) {
        final Task.Scorer scorer = task.scorer();
        double loss = 0;
        double weight = 0;
        try (BatchSource.Batches batches = source.epoch(0, rows -> rowsComeAgain && prefix.knows(rows))) {
            while (batches.hasNext()) {
                if (Thread.currentThread().isInterrupted()) {
                    throw new InterruptedRun(
                            "The evaluation was interrupted, so there are no metrics: those of a part of"
                                    + " the data would not be comparable.");
                }
                final HostBatch host = batches.next();
                try (OwnProducts own = OwnProducts.take(device.is_cpu());
                        TensorScope scope = TensorScope.open();
                        GradientMode mode = GradientMode.off();
                        Batch batch = new Batch(host, device)) {
                    final Map<String, Tensor> outputs;
                    try (var autocast = Autocast.bfloat16(device.is_cuda(), bfloat16)) {
                        final ForwardContext context = prefix.context();
                        final Tensor hidden = network.trunk(
                                prefix.stages(),
                                network.stages().size(),
                                prefix.output(batch, rowsComeAgain),
                                batch,
                                context,
                                each -> {});
                        outputs = network.head(hidden, batch, context);
                    }
                    final double sum = Tensors.scalar(task.lossSum(outputs, batch));
                    if (!Double.isFinite(sum)) {
                        refuseNonFinite(network, batch, prefix, source);
                    }
                    loss += sum;
                    weight += task.weight(host);
                    scorer.add(outputs, batch);
                } catch (RuntimeException | OutOfMemoryError e) {
                    throw MemoryFailures.translate(
                            "Evaluating " + source.describe(host), e, () -> MemoryHelp.evaluating(host));
                }
            }
        }
        return scorer.result(loss / weight);
    }

    /** A loss may be infinite, or that of labels which aren't numbers; what the network gives may not. */
    private static void refuseNonFinite(Network network, Batch batch, FrozenPrefix prefix, BatchSource source) {
        NonFinite.find(network, batch, stage -> prefix.context()).ifPresent(found -> {
            throw new DivergedException("Evaluating " + source.describe(batch.host()) + ": " + found.place()
                    + ". If training made it so, a lower learning rate or a warm-up helps.");
        });
    }
}
