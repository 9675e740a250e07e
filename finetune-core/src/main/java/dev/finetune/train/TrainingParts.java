package dev.finetune.train;

import dev.finetune.internal.torch.CudaGraphs;
import dev.finetune.internal.torch.FreedBlocks;
import dev.finetune.internal.torch.HalfPrecision;
import dev.finetune.nn.HalfPrecisionWeights;
import dev.finetune.nn.Network;
import dev.finetune.nn.Parameter;
import dev.finetune.task.Task;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Device;
import org.jspecify.annotations.Nullable;

/** What a training computes with, made for it and closed with it; the network itself is borrowed. */
final class TrainingParts implements AutoCloseable {
    final Objective objective;
    final FrozenStageCache prefix;
    final GradualUnfreezing unfreezing;
    final Optimizer optimizer;
    final PretrainedReference originals;
    final AveragedWeights average;
    final HalfPrecisionWeights copies;
    final GradientSums sums;
    final BackwardPass plain;
    final Pass pass;
    final HalfPrecision half;
    final LossScale lossScale;

    private final Setup setup;
    private final List<Parameter> trained;
    private final Deque<Runnable> closing = new ArrayDeque<>();

    /**
     * What is trained, and how; all of it borrowed.
     *
     * @param network on the device
     * @param task what it is trained for
     * @param settings what the loop obeys
     * @param device where batches go
     * @param listener is told what happens
     * @param cancellation asks it to stop
     * @param frozenOutputs makes the place for what frozen stages give
     * @param checkpointing which checkpoints it reads and writes
     * @param agreement with the processes that train copies of the network, too
     */
    record Setup(
            Network network,
            Task task,
            TrainingSettings settings,
            Device device,
            TrainingListener listener,
            Cancellation cancellation,
            Supplier<FrozenOutputStore> frozenOutputs,
            Checkpointing checkpointing,
            Agreement agreement) {
        Setup with(Checkpointing other) {
            return new Setup(network, task, settings, device, listener, cancellation, frozenOutputs, other, agreement);
        }

        Setup with(Agreement other) {
            return new Setup(
                    network, task, settings, device, listener, cancellation, frozenOutputs, checkpointing, other);
        }
    }

    /**
     * Makes all of it.
     *
     * @param trained what training changes, sooner or later
     * @param total how many steps there are
     * @param trainsAgain whether training rows come again with the same columns
     */
    TrainingParts(Setup setup, List<Parameter> trained, long total, boolean trainsAgain) {
        this.setup = setup;
        this.trained = trained;
        final Network network = setup.network;
        final TrainingSettings settings = setup.settings;
        final KnowledgePreservation preservation = settings.preservation();
        final LayerwiseRates depths = new LayerwiseRates(network);
        boolean made = false;
        try {
            this.half = Devices.halfPrecision(settings.precision(), setup.device);
            this.lossScale = half == HalfPrecision.FLOAT16 ? LossScale.dynamic() : LossScale.none();
            this.objective = new Objective(setup.task, settings.regularization().rDrop(), preservation.distill());
            final CudaGraphs graphs = graphs();
            if (graphs != null) {
                closing.push(graphs::close);
            }
            // The prefix is what stays frozen throughout, so it comes before what is frozen for a time.
            this.prefix = new FrozenStageCache(network, settings, half, setup.frozenOutputs.get());
            closing.push(prefix::close);
            this.unfreezing = new GradualUnfreezing(network, preservation.gradualUnfreezing());
            closing.push(unfreezing::close);
            this.optimizer = new Optimizer(
                    settings.optimizer(), trained, parameter -> depths.share(parameter, preservation.layerDecay()));
            closing.push(optimizer::close);
            if (settings.execution().rowGradients() && !preservation.pulls()) {
                optimizer.takeRowGradients();
            }
            this.originals = new PretrainedReference(preservation, network, trained);
            closing.push(originals::close);
            this.average = new AveragedWeights(settings.regularization().average(), network, trained, total);
            closing.push(average::close);
            this.copies = copies();
            closing.push(copies::close);
            this.sums = setup.agreement.gradientSums(network, trained, setup.device.is_cpu());
            closing.push(sums::close);
            this.plain =
                    new BackwardPass(network, objective, originals, settings, half, prefix, copies, sums, trainsAgain);
            this.pass = graphs == null
                    ? plain
                    : new RecordedPass(plain, network.parameters(), copies, graphs, setup.listener::warned);
            closing.push(pass::close);
            made = true;
        } finally {
            if (!made) {
                close();
            }
        }
    }

    /** On a GPU what starts fewer kernels is faster. Originals take the place of values, which copies wouldn't show. */
    private HalfPrecisionWeights copies() {
        final boolean originalsStandIn = setup.settings.preservation().distill() > 0;
        return half != HalfPrecision.NONE
                        && setup.device.is_cuda()
                        && setup.settings.execution().recomputeActivations()
                        && !originalsStandIn
                ? HalfPrecisionWeights.of(setup.network, half)
                : HalfPrecisionWeights.none();
    }

    /** Null where nothing is recorded: what several batches add up to, what is computed twice or compared isn't. */
    private @Nullable CudaGraphs graphs() {
        final TrainingSettings settings = setup.settings;
        if (!setup.device.is_cuda()
                || !settings.execution().cudaGraphs()
                || settings.optimization().accumulate() > 1
                || settings.execution().gradientCheckpointing()
                || settings.regularization().rDrop() > 0
                || settings.preservation().distill() > 0) {
            return null;
        }
        final Optional<String> whyNot = CudaGraphs.whyNot();
        if (whyNot.isPresent()) {
            setup.listener.warned("Steps are not recorded, and take longer: " + whyNot.get());
            return null;
        }
        return CudaGraphs.open();
    }

    /** Frees all of it, the last one made first, and the gradients. */
    @Override
    public void close() {
        while (!closing.isEmpty()) {
            closing.pop().run();
        }
        Optimizer.forgetGradients(trained);
        FreedBlocks.giveBack();
        if (setup.device.is_cuda()) {
            CudaGraphs.emptyCache();
        }
    }
}
