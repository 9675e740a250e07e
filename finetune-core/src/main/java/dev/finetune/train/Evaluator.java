package dev.finetune.train;

import dev.finetune.batch.HostBatch;
import dev.finetune.error.DivergedException;
import dev.finetune.error.FinetuneException;
import dev.finetune.error.OutOfMemoryException;
import dev.finetune.internal.torch.Autocast;
import dev.finetune.internal.torch.FreedBlocks;
import dev.finetune.internal.torch.GradientMode;
import dev.finetune.internal.torch.HalfPrecision;
import dev.finetune.internal.torch.MemoryFailures;
import dev.finetune.internal.torch.OwnProducts;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import dev.finetune.metrics.Metrics;
import dev.finetune.metrics.Totals;
import dev.finetune.nn.Batch;
import dev.finetune.nn.ForwardContext;
import dev.finetune.nn.Hidden;
import dev.finetune.nn.Network;
import dev.finetune.nn.NonFinite;
import dev.finetune.task.Task;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
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
     * @param recomputeActivations whether the attention of long rows may be computed piece by piece
     * @throws FinetuneException if there are no rows, or if the thread is interrupted, which it stays
     */
    public static Metrics evaluate(
            Network network, Task task, BatchSource source, Device device, boolean recomputeActivations) {
        try (FrozenStageCache none = FrozenStageCache.none(network, recomputeActivations)) {
            return evaluate(network, task, source, device, HalfPrecision.NONE, none, false, Agreement.ALONE);
        }
    }

    /**
     * {@return loss and metrics as above, in the precision that a training has}
     *
     * @param network the network (borrowed)
     * @param task what the head predicts, and its loss
     * @param source of labelled batches, one epoch of which is read
     * @param device where to compute (borrowed)
     * @param settings the precision, and whether the attention of long rows may be computed piece by piece
     * @throws FinetuneException if there are no rows, or if the thread is interrupted, which it stays
     */
    public static Metrics evaluate(
            Network network, Task task, BatchSource source, Device device, TrainingSettings settings) {
        final boolean recomputes = settings.execution().recomputeActivations();
        try (FrozenStageCache none = FrozenStageCache.none(network, recomputes)) {
            final HalfPrecision half = Devices.halfPrecision(settings.precision(), device);
            return evaluate(network, task, source, device, half, none, false, Agreement.ALONE);
        }
    }

    /**
     * The same with what a frozen prefix has kept, and keeping what rows that come again give; over the rows of all processes, of
     * which the source holds this one's.
     *
     * @throws InterruptedRun if the thread is interrupted: the metrics of a part of the data are those of other data
     */
    static Metrics evaluate(
            Network network,
            Task task,
            BatchSource source,
            Device device,
            HalfPrecision half,
            FrozenStageCache prefix,
            boolean rowsComeAgain,
            Agreement agreement) {
        final Run run = new Run(network, task, task.scorer(), source, device, half, prefix, rowsComeAgain);
        boolean interrupted = false;
        try (BatchSource.Batches batches = source.epoch(0, rows -> rowsComeAgain && prefix.knows(rows))) {
            while (!interrupted && batches.hasNext()) {
                interrupted = Thread.currentThread().isInterrupted();
                if (!interrupted) {
                    run.add(batches.next());
                }
            }
        } catch (InterruptedRun e) {
            interrupted = true;
        }
        if (agreement.any(interrupted)) {
            throw new InterruptedRun("The evaluation was interrupted, so there are no metrics: those of a part of"
                    + " the data would not be comparable.");
        }
        if (!agreement.any(run.any)) {
            throw new FinetuneException("The data to evaluate on holds no rows.");
        }
        if (!agreement.isAlone()) {
            run.total(agreement.totals());
        }
        if (run.weight == 0) {
            throw new FinetuneException(
                    "In none of the rows of the data to evaluate on is there anything to compare with what"
                            + " the model says: their labels say nothing, or were cut off (maxLength). Evaluate on other rows, or"
                            + " on whole ones.");
        }
        return run.scorer.result(run.loss / run.weight);
    }

    /** An evaluation under way. */
    private static final class Run {
        private final Network network;
        private final Task task;
        private final Task.Scorer scorer;
        private final BatchSource source;
        private final Device device;
        private final HalfPrecision half;
        private final FrozenStageCache prefix;
        private final boolean rowsComeAgain;
        private final Portions portions;
        private boolean any;
        private double loss;
        private double weight;

        Run(
                Network network,
                Task task,
                Task.Scorer scorer,
                BatchSource source,
                Device device,
                HalfPrecision half,
                FrozenStageCache prefix,
                boolean rowsComeAgain) {
            this.network = network;
            this.task = task;
            this.scorer = scorer;
            this.source = source;
            this.device = device;
            this.half = half;
            this.prefix = prefix;
            this.rowsComeAgain = rowsComeAgain;
            this.portions = new Portions(source, 1);
        }

        /** Adds a batch; in parts, which give the same, where memory doesn't suffice for the whole. */
        void add(HostBatch batch) {
            any = true;
            final Deque<HostBatch> rest = new ArrayDeque<>(portions.of(batch));
            // What frozen stages give is kept of whole batches only: a part is padded to rows that it doesn't have.
            boolean whole = rest.size() == 1;
            while (!rest.isEmpty()) {
                final HostBatch part = rest.pop();
                if (!compute(part, rowsComeAgain && whole)) {
                    FreedBlocks.giveBack();
                    whole = false;
                    final List<HostBatch> smaller = portions.of(part);
                    for (int i = smaller.size() - 1; i >= 0; i--) {
                        rest.push(smaller.get(i));
                    }
                }
            }
        }

        /** Goes on with what all processes have added. */
        void total(Totals totals) {
            loss = totals.of(loss);
            weight = totals.of(weight);
            scorer.total(totals);
        }

        /** Whether memory sufficed; if not, nothing was added, and smaller parts are to be tried. */
        private boolean compute(HostBatch host, boolean again) {
            boolean added = false;
            try (OwnProducts own = OwnProducts.take(device.is_cpu());
                    TensorScope scope = TensorScope.open();
                    GradientMode mode = GradientMode.off();
                    Batch batch = new Batch(host, device)) {
                final Map<String, Tensor> outputs = outputs(batch, again);
                final double sum = Tensors.scalar(task.lossSum(outputs, batch));
                if (!Double.isFinite(sum)) {
                    refuseNonFinite(network, batch, prefix, source);
                }
                loss += sum;
                weight += task.weight(host);
                added = true;
                scorer.add(outputs, batch);
                return true;
            } catch (RuntimeException | OutOfMemoryError e) {
                final RuntimeException told = MemoryFailures.translate(
                        "Evaluating " + source.describe(host), e, () -> MemoryHelp.evaluating(host));
                if (added || !(told instanceof OutOfMemoryException) || !portions.halve(host)) {
                    throw told;
                }
                return false;
            }
        }

        private Map<String, Tensor> outputs(Batch batch, boolean again) {
            try (var autocast = Autocast.of(device.is_cuda(), half)) {
                final ForwardContext context = prefix.context();
                final Hidden hidden = network.trunk(
                        prefix.stages(),
                        network.stages().size(),
                        prefix.output(batch, again),
                        batch,
                        context,
                        each -> {});
                return network.head(hidden, batch, context);
            }
        }
    }

    /** A loss may be infinite, or that of labels which aren't numbers; what the network gives may not. */
    private static void refuseNonFinite(Network network, Batch batch, FrozenStageCache prefix, BatchSource source) {
        NonFinite.find(network, batch, stage -> prefix.context()).ifPresent(found -> {
            throw new DivergedException("Evaluating " + source.describe(batch.host()) + ": " + found.place()
                    + ". If training made it so, a lower learning rate or a warm-up helps.");
        });
    }
}
