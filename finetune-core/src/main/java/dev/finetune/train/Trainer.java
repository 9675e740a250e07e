package dev.finetune.train;

import dev.finetune.DivergedException;
import dev.finetune.FinetuneException;
import dev.finetune.internal.torch.CudaGraphs;
import dev.finetune.internal.torch.DropoutMask;
import dev.finetune.internal.torch.FreedBlocks;
import dev.finetune.internal.torch.OwnProducts;
import dev.finetune.internal.torch.Tensors;
import dev.finetune.metrics.Metrics;
import dev.finetune.nn.Batch;
import dev.finetune.nn.HalfCopies;
import dev.finetune.nn.Network;
import dev.finetune.nn.Parameter;
import dev.finetune.spi.HostBatch;
import dev.finetune.task.Task;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * The training loop, the only one: text, images, masked-LM pretraining all go through it. It knows no family, no file
 * and no terminal.
 *
 * <p>One optimizer step is: for each of the accumulated batches forward, loss, backward; then clip, step, schedule,
 * forget the gradients. Losses are sums divided by the true count of what was summed over the whole step.
 */
public final class Trainer {
    private final Network network;
    private final Task task;
    private final TrainingSettings settings;
    private final Device device;
    private final TrainingListener listener;
    private final Cancellation cancellation;
    private final Supplier<RowStore> frozenOutputs;

    private final boolean bfloat16;
    private final List<StepReport> steps = new ArrayList<>();
    private final Stopwatch watch = new Stopwatch();

    /**
     * A loop over a network.
     *
     * @param network on the device (borrowed)
     * @param task what it is trained for
     * @param settings what the loop obeys
     * @param device where batches go (borrowed)
     * @param listener is told what happens
     * @param cancellation asks it to stop
     */
    public Trainer(
            Network network,
            Task task,
            TrainingSettings settings,
            Device device,
            TrainingListener listener,
            Cancellation cancellation) {
        this(
                network,
                task,
                settings,
                device,
                listener,
                cancellation,
                () -> new RowStore(RowStore.MEMORY_BYTES, listener::warned));
    }

    /** The same with another place for what frozen stages give. */
    Trainer(
            Network network,
            Task task,
            TrainingSettings settings,
            Device device,
            TrainingListener listener,
            Cancellation cancellation,
            Supplier<RowStore> frozenOutputs) {
        this.network = network;
        this.task = task;
        this.settings = settings;
        this.device = device;
        this.listener = listener;
        this.cancellation = cancellation;
        this.frozenOutputs = frozenOutputs;
        this.bfloat16 = Devices.bfloat16(settings.precision(), device);
    }

    /**
     * Trains.
     *
     * @param training the batches to train on
     * @param validation the batches to evaluate on, if any
     * @return the losses of all steps, the metrics of all evaluations, and why it ended
     * @throws FinetuneException if nothing is to be trained, if the loss is not a finite number, or if the thread is
     *     interrupted before the first step; after that, what was learned is kept, and the thread stays interrupted
     */
    public TrainingHistory train(BatchSource training, Optional<BatchSource> validation) {
        final List<Parameter> trained = network.trained();
        if (trained.isEmpty()) {
            throw new FinetuneException("Every parameter is frozen, so there is nothing to train.");
        }
        final long total = TotalSteps.of(settings, training);
        listener.started(new TrainingListener.Plan(
                training.rowsPerEpoch().orElse(-1),
                validation.map(v -> v.rowsPerEpoch().orElse(-1)).orElse(0L),
                total,
                trained.stream().mapToLong(Parameter::count).sum(),
                network.parameters().stream().mapToLong(Parameter::count).sum(),
                task.mainMetric()));
        PlanCheck.warnings(settings, total, training.batchesPerEpoch(), validation.isPresent())
                .forEach(listener::warned);
        TrainingHistory.End end = TrainingHistory.End.FINISHED;
        watch.start();
        final boolean comeAgain = isLongerThanAnEpoch(training, total);
        final boolean trainsAgain = comeAgain && training.repeatsRows();
        final boolean evaluatesAgain = comeAgain || settings.evaluateEvery() > 0 && settings.evaluateEvery() < total;
        final GentleSettings gentle = settings.gentle();
        final Depths depths = new Depths(network);
        final Objective objective = new Objective(task, gentle.pulls());
        // The prefix is what stays frozen throughout, so it comes before what is frozen for a time.
        try (CudaGraphs graphs = graphs();
                FrozenPrefix prefix = new FrozenPrefix(network, settings, bfloat16, frozenOutputs.get());
                GradualUnfreezing unfreezing = new GradualUnfreezing(network, gentle.epochsPerStage());
                Optimizer optimizer = new Optimizer(
                        settings.optimizer(), trained, parameter -> depths.share(parameter, gentle.layerDecay()));
                Originals originals = new Originals(gentle.pulls(), network, trained);
                AveragedWeights average = new AveragedWeights(gentle.average(), network, trained, total);
                HalfCopies copies = copies();
                Pass pass = pass(
                        new BackwardPass(
                                network, objective, originals, settings, bfloat16, prefix, copies, trainsAgain),
                        copies,
                        graphs);
                Progress progress = new Progress(network, trained, task, settings, listener, watch)) {
            final Evaluation evaluation = new Evaluation(validation, average, prefix, copies, evaluatesAgain);
            warnOfStagesLeftOut(unfreezing, training, total);
            final StepUpdate update = new StepUpdate(optimizer, trained, settings.maxGradientNorm());
            long step = 0;
            for (int epoch = 0; step < total && end == TrainingHistory.End.FINISHED; epoch++) {
                final long before = step;
                try (BatchSource.Batches batches = training.epoch(epoch, rows -> trainsAgain && prefix.knows(rows))) {
                    while (step < total && end == TrainingHistory.End.FINISHED) {
                        final List<HostBatch> group = next(batches);
                        if (group.isEmpty()) {
                            end = end(progress);
                            break;
                        }
                        unfreezing.reach(epochsBefore(training, epoch, step - before));
                        final double rate = settings.schedule().rate(step, total, settings.learningRate());
                        final Moved moved = step(pass, update, originals, training, group, rate, step, epoch);
                        Optimizer.forgetGradients(trained);
                        average.stepped(step + 1);
                        report(new StepReport(step, epoch, moved.loss(), moved.norm(), rate, rows(group)), progress);
                        warnOfEqualPasses(objective, step);
                        step++;
                        if (settings.evaluateEvery() > 0 && step % settings.evaluateEvery() == 0) {
                            evaluate(evaluation, progress, epochs(training, epoch, step - before), step);
                        }
                        end = end(progress);
                    }
                }
                if (step == before) {
                    end = endWithoutARow(step);
                }
                if (!progress.hasEvaluated(step) && wantsEvaluation(end, step == total)) {
                    evaluate(evaluation, progress, epochs(training, epoch, step - before), step);
                    end = end == TrainingHistory.End.FINISHED ? end(progress) : end;
                }
            }
            average.keep();
            progress.restoreBest();
            final TrainingHistory history = new TrainingHistory(
                    steps,
                    progress.reports(),
                    progress.best(),
                    step >= total ? TrainingHistory.End.FINISHED : end,
                    watch.seconds(),
                    watch.trainingSeconds());
            listener.finished(history);
            return history;
        } finally {
            Optimizer.forgetGradients(trained);
            FreedBlocks.giveBack();
            if (device.is_cuda()) {
                CudaGraphs.emptyCache();
            }
        }
    }

    /** Whether training rows are seen more than once, so that keeping what they give pays. */
    private boolean isLongerThanAnEpoch(BatchSource training, long totalSteps) {
        final OptionalLong batches = training.batchesPerEpoch();
        return batches.isPresent() && totalSteps > TotalSteps.perEpoch(settings, batches.getAsLong());
    }

    /** The batches of the next step; none at the end of an epoch, or where the thread is interrupted before there are any. */
    private List<HostBatch> next(BatchSource.Batches batches) {
        final List<HostBatch> group = new ArrayList<>();
        try {
            while (group.size() < settings.accumulation() && batches.hasNext()) {
                group.add(batches.next());
            }
        } catch (InterruptedRun e) {
            return List.of();
        }
        return group;
    }

    private TrainingHistory.End endWithoutARow(long step) {
        if (!cancellation.isRequestedHere()) {
            throw new FinetuneException("The training data holds no rows.");
        }
        if (step == 0) {
            throw new InterruptedRun("Training was interrupted before its first step, so that nothing was learned.");
        }
        return TrainingHistory.End.CANCELLED;
    }

    /** The loss of a step, with what pulls, and the norm of its gradients before clipping. */
    private record Moved(double loss, double norm) {}

    /** Changes parameters by the gradients of the mean loss over all the batches of a step. */
    private Moved step(
            Pass pass,
            StepUpdate update,
            Originals originals,
            BatchSource source,
            List<HostBatch> group,
            double rate,
            long step,
            int epoch) {
        final List<Tensor> losses = new ArrayList<>();
        try (OwnProducts own = OwnProducts.take(device.is_cpu())) {
            accumulate(pass, source, group, step, losses);
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
            return new Moved(loss, numbers.norm());
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
    private void accumulate(Pass pass, BatchSource source, List<HostBatch> group, long step, List<Tensor> losses) {
        final double weight = group.stream().mapToDouble(task::weight).sum();
        for (int i = 0; i < group.size(); i++) {
            try (Batch batch = new Batch(group.get(i), device)) {
                losses.add(pass.start(batch, weight, seed(step * settings.accumulation() + i)));
            } catch (RuntimeException e) {
                throw Tensors.translate("Step " + step + ", " + source.describe(group.get(i)), e);
            }
        }
    }

    private void report(StepReport report, Progress progress) {
        steps.add(report);
        progress.stepped(report);
        listener.stepped(report);
    }

    /** On a GPU what starts fewer kernels is faster. Originals take the place of values, which copies wouldn't show. */
    private HalfCopies copies() {
        final boolean originalsStandIn = settings.gentle().pulls().distill() > 0;
        return bfloat16 && device.is_cuda() && settings.leanBackward() && !originalsStandIn
                ? HalfCopies.of(network)
                : HalfCopies.none();
    }

    /** Null where nothing is recorded: what several batches add up to, what is computed twice or compared isn't. */
    private @Nullable CudaGraphs graphs() {
        final Pulls pulls = settings.gentle().pulls();
        if (!device.is_cuda()
                || !settings.cudaGraphs()
                || settings.accumulation() > 1
                || settings.gradientCheckpointing()
                || pulls.rDrop() > 0
                || pulls.distill() > 0) {
            return null;
        }
        final Optional<String> whyNot = CudaGraphs.whyNot();
        if (whyNot.isPresent()) {
            listener.warned("Steps are not recorded, and take longer: " + whyNot.get());
            return null;
        }
        return CudaGraphs.open();
    }

    private Pass pass(BackwardPass plain, HalfCopies copies, @Nullable CudaGraphs graphs) {
        return graphs == null ? plain : new RecordedPass(plain, network.parameters(), copies, graphs, listener::warned);
    }

    /** What an evaluation needs. */
    private record Evaluation(
            Optional<BatchSource> data,
            AveragedWeights average,
            FrozenPrefix prefix,
            HalfCopies copies,
            boolean comesAgain) {}

    /** Evaluates what so many steps came to; given up where the thread is interrupted meanwhile. */
    private void evaluate(Evaluation with, Progress progress, double epochs, long step) {
        try (AveragedWeights.InUse averages = with.average.use()) {
            progress.evaluated(epochs, step, with.data.map(data -> metrics(with, data)));
        } catch (InterruptedRun e) {
            // Training ends here, and what it learned is kept without metrics.
        }
    }

    private Metrics metrics(Evaluation with, BatchSource data) {
        watch.pause();
        try (HalfCopies.InUse use = with.copies.use()) {
            return Evaluator.evaluate(
                    network, task, data, device, bfloat16, with.prefix, with.comesAgain && data.repeatsRows());
        } finally {
            watch.resume();
        }
    }

    /** Whether to evaluate at an epoch's end: what is kept gets metrics of its own, unless someone wants to stop now. */
    private boolean wantsEvaluation(TrainingHistory.End end, boolean done) {
        return switch (end) {
            case CANCELLED -> false;
            case OUT_OF_TIME -> true;
            case FINISHED, EARLY_STOPPING -> done || settings.evaluateEvery() == 0;
        };
    }

    private TrainingHistory.End end(Progress progress) {
        if (cancellation.isRequestedHere()) {
            return TrainingHistory.End.CANCELLED;
        }
        if (settings.maxTime().isPresent()
                && watch.seconds() * 1e3 >= settings.maxTime().get().toMillis()) {
            return TrainingHistory.End.OUT_OF_TIME;
        }
        return progress.shouldStop() ? TrainingHistory.End.EARLY_STOPPING : TrainingHistory.End.FINISHED;
    }

    private double epochs(BatchSource training, int epoch, long stepsOfEpoch) {
        final double batches = stepsOfEpoch * (double) settings.accumulation();
        return training.batchesPerEpoch().isPresent()
                ? epoch + Math.min(1, batches / training.batchesPerEpoch().getAsLong())
                : epoch + 1.0;
    }

    /** Epochs before a step; whole ones only where the length of the data isn't known. */
    private double epochsBefore(BatchSource training, int epoch, long stepsOfEpoch) {
        return training.batchesPerEpoch().isPresent() ? epochs(training, epoch, stepsOfEpoch) : epoch;
    }

    private void warnOfEqualPasses(Objective objective, long step) {
        if (step == 0 && objective.twoPasses() && !objective.passesDiffer()) {
            listener.warned("rDrop(" + settings.gentle().pulls().rDrop() + ") does nothing but take time: both passes"
                    + " give the same, for what is trained has no dropout. Set dropout(0.1), or leave it out.");
        }
    }

    private void warnOfStagesLeftOut(GradualUnfreezing unfreezing, BatchSource training, long total) {
        training.batchesPerEpoch().ifPresent(batches -> {
            final long perEpoch = TotalSteps.perEpoch(settings, batches);
            final long last = total - 1;
            unfreezing
                    .warning(epochsBefore(training, (int) (last / perEpoch), last % perEpoch))
                    .ifPresent(listener::warned);
        });
    }

    private long seed(long batch) {
        return DropoutMask.mix(settings.seed() ^ DropoutMask.mix(batch + 1));
    }

    private static int rows(List<HostBatch> group) {
        return group.stream().mapToInt(HostBatch::size).sum();
    }
}
