package dev.finetune.train;

import dev.finetune.internal.torch.Autocast;
import dev.finetune.internal.torch.BackwardHooks;
import dev.finetune.internal.torch.CustomGradients;
import dev.finetune.internal.torch.FreedBlocks;
import dev.finetune.internal.torch.GradientMode;
import dev.finetune.internal.torch.HalfPrecision;
import dev.finetune.internal.torch.LastingBlocks;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import dev.finetune.nn.Batch;
import dev.finetune.nn.DropoutMasks;
import dev.finetune.nn.ForwardContext;
import dev.finetune.nn.HalfPrecisionWeights;
import dev.finetune.nn.Hidden;
import dev.finetune.nn.Network;
import dev.finetune.nn.NonFinite;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.ObjIntConsumer;
import java.util.function.Supplier;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorArrayRefOptional;
import org.jspecify.annotations.Nullable;

/**
 * Forward, loss and backward of one batch, gradients added up on the parameters. Plain, or with gradient checkpointing
 * (Chen et al., "Training deep nets with sublinear memory cost", 2016): only the stages' outputs are kept, and each
 * stage is computed again, with the same dropout, when its gradient is due.
 */
final class BackwardPass implements Pass {
    /** Stages after which free memory goes back to the system; with fewer, what is asked for again takes time. */
    private static final int STAGES_BETWEEN = 6;

    /** Bytes of what a stage gives, from which that is done. */
    private static final long LARGE = 1 << 20;

    private final Network network;
    private final Objective objective;
    private final PretrainedReference originals;
    private final boolean checkpointing;
    private final boolean recomputeActivations;
    private final boolean leavesOutPadding;
    private final boolean custom;
    private final boolean packed;
    private final boolean small;
    private final HalfPrecision half;
    private final FrozenStageCache prefix;
    private final HalfPrecisionWeights copies;
    private final GradientSums sums;
    private final boolean rowsComeAgain;

    BackwardPass(
            Network network,
            Objective objective,
            PretrainedReference originals,
            TrainingSettings settings,
            HalfPrecision half,
            FrozenStageCache prefix,
            HalfPrecisionWeights copies,
            GradientSums sums,
            boolean rowsComeAgain) {
        this.network = network;
        this.objective = objective;
        this.originals = originals;
        this.checkpointing = settings.execution().gradientCheckpointing();
        this.recomputeActivations = settings.execution().recomputeActivations();
        this.leavesOutPadding = settings.batching().groupsByLength() && network.canLeaveOutPadding();
        this.custom = recomputeActivations && half == HalfPrecision.NONE;
        this.packed = network.isPacked();
        this.small = network.isKeptSmall();
        this.half = half;
        this.prefix = prefix;
        this.copies = copies;
        this.sums = sums;
        this.rowsComeAgain = rowsComeAgain;
    }

    /** As {@link #start}, and waits for the quotient. */
    double run(Batch batch, double weight, long seed) {
        try (Tensor loss = start(batch, weight, seed)) {
            return Tensors.scalar(loss);
        }
    }

    @Override
    public Tensor start(Batch batch, double weight, long seed) {
        return start(batch, () -> prefix.output(batch, rowsComeAgain), weight, seed);
    }

    /** As {@link #start}, from what the frozen prefix gives for the batch. */
    Tensor start(Batch batch, Supplier<Hidden> input, double weight, long seed) {
        final ForwardContext context = context(seed);
        try (CustomGradients open = customGradients(batch);
                HalfPrecisionWeights.InUse use = copies.use()) {
            final Tensor loss =
                    checkpointing ? runTwice(batch, input, weight, context) : runOnce(batch, input, weight, context);
            copies.handOver();
            return loss;
        }
    }

    private ForwardContext context(long seed) {
        return ForwardContext.training(seed, recomputeActivations).leavingOutPadding(leavesOutPadding);
    }

    private @Nullable CustomGradients customGradients(Batch batch) {
        if (!batch.device().is_cpu()) {
            return null;
        }
        return custom ? CustomGradients.open() : packed ? CustomGradients.openForWeights() : null;
    }

    /**
     * The same without gradient checkpointing and with the task's loss alone, and with all that differs from batch to batch in
     * tensors, so that it can be recorded.
     *
     * @param input what the frozen prefix gives
     * @param factor what the sum of the batch's losses is multiplied with, of one element
     * @param masks of dropout
     * @return the product; the caller owns it
     */
    Tensor startRecordable(Batch batch, Hidden input, Tensor factor, DropoutMasks masks, long seed) {
        final ForwardContext context = context(seed).with(masks);
        try (HalfPrecisionWeights.InUse use = copies.use();
                TensorScope scope = TensorScope.open()) {
            final Tensor loss;
            try (var autocast = Autocast.of(batch.device().is_cuda(), half)) {
                loss = objective.loss(network.head(trunk(input, batch, context), batch, context), batch, factor);
            }
            loss.backward();
            copies.handOver();
            return Tensors.own(loss.detach());
        }
    }

    /** Where, in the forward pass over a batch, numbers first aren't finite. */
    Optional<NonFinite.Found> findNonFinite(Batch batch, long seed) {
        try (var autocast = Autocast.of(batch.device().is_cuda(), half)) {
            return NonFinite.find(network, batch, stage -> stage < prefix.stages() ? prefix.context() : context(seed));
        }
    }

    /** What the frozen prefix gives for a batch, in the current scope; not while copies are in use. */
    Hidden input(Batch batch) {
        final boolean computes = prefix.stages() > 0
                && !(rowsComeAgain && prefix.knows(batch.host().rows()));
        try (HalfPrecisionWeights.InUse use = computes ? copies.use() : null) {
            return prefix.output(batch, rowsComeAgain);
        }
    }

    private Tensor runOnce(Batch batch, Supplier<Hidden> from, double weight, ForwardContext context) {
        try (TensorScope scope = TensorScope.open();
                BackwardHooks hooks = new BackwardHooks()) {
            final Tensor loss;
            try (var autocast = Autocast.of(batch.device().is_cuda(), half)) {
                final Hidden input = from.get();
                final Optional<Hidden> original = original(input, batch);
                final Hidden hidden = trunk(input, batch, context, hooks);
                final Map<String, Tensor> outputs = network.head(hidden, batch, context);
                final Tensor tasks;
                if (objective.twoPasses()) {
                    final ForwardContext dropout = context.secondDropout();
                    final Hidden second = trunk(input, batch, dropout);
                    tasks = objective.loss(outputs, network.head(second, batch, dropout), batch, weight);
                } else {
                    tasks = objective.loss(outputs, batch, weight);
                }
                loss = original.map(o -> tasks.add(distance(hidden, o, batch, weight)))
                        .orElse(tasks);
            }
            loss.backward();
            return Tensors.own(loss.detach());
        }
    }

    /** How far all that the head reads is from what it was. */
    private Tensor distance(Hidden hidden, Hidden original, Batch batch, double weight) {
        return network.inputs(network.stages().size()).stream()
                .map(stage -> objective.distance(
                        hidden.get(stage),
                        original.get(stage),
                        network.stages().get(stage).layout().flatMap(layout -> layout.mask(batch)),
                        batch,
                        weight))
                .reduce(Tensor::add)
                .orElseThrow();
    }

    private Hidden trunk(Hidden input, Batch batch, ForwardContext context) {
        return trunk(input, batch, context, (output, stage) -> {});
    }

    /** Says, once that is known, which stages the backward pass has come past. */
    private Hidden trunk(Hidden input, Batch batch, ForwardContext context, BackwardHooks hooks) {
        return trunk(input, batch, context, (output, stage) -> {
            if (sums.listensTo(stage)) {
                hooks.add(output, () -> sums.passed(stage));
            }
        });
    }

    private Hidden trunk(Hidden input, Batch batch, ForwardContext context, ObjIntConsumer<Tensor> each) {
        final AtomicInteger next = new AtomicInteger(prefix.stages());
        return network.trunk(prefix.stages(), network.stages().size(), input, batch, context, output -> {
            final int stage = next.getAndIncrement();
            giveBack(stage, output);
            each.accept(output, stage);
        });
    }

    private Optional<Hidden> original(Hidden input, Batch batch) {
        return objective.comparesWithOriginal()
                ? Optional.of(originals.trunk(prefix.stages(), input, batch, prefix.context()))
                : Optional.empty();
    }

    private Tensor runTwice(Batch batch, Supplier<Hidden> from, double weight, ForwardContext context) {
        final Map<Integer, Tensor> kept = new TreeMap<>();
        final Map<Integer, Tensor> gradients = new HashMap<>();
        try (TensorScope scope = TensorScope.open();
                LastingBlocks memory = LastingBlocks.open()) {
            final int start = prefix.stages();
            final int end = network.stages().size();
            final boolean[] learning = network.learning();
            final Hidden input;
            try (GradientMode off = GradientMode.off();
                    var autocast = Autocast.of(batch.device().is_cuda(), half)) {
                input = from.get();
                input.byStage().forEach((stage, tensor) -> kept.put(stage, Tensors.own(tensor)));
                final AtomicInteger next = new AtomicInteger(start);
                network.trunk(start, end, input, batch, context, hidden -> {
                    memory.move(hidden);
                    kept.put(next.getAndIncrement(), Tensors.own(hidden));
                    giveBack(next.get(), hidden);
                });
            }
            final Hidden top = leaves(network.inputs(end), kept, learning);
            final Tensor loss;
            try (var autocast = Autocast.of(batch.device().is_cuda(), half)) {
                final Tensor tasks = objective.loss(network.head(top, batch, context), batch, weight);
                loss = original(input, batch)
                        .map(o -> tasks.add(distance(top, o, batch, weight)))
                        .orElse(tasks);
            }
            loss.backward();
            addGradients(top, learning, gradients);
            for (int i = end - 1; i >= start; i--) {
                sums.passed(i);
                Objects.requireNonNull(kept.remove(i)).close(); // Whatever reads it has been computed again.
                final Tensor gradient = gradients.remove(i);
                if (gradient != null) {
                    giveBack(i, gradient);
                    recompute(i, kept, learning, gradient, gradients, batch, context);
                }
            }
            return Tensors.own(loss.detach());
        } finally {
            kept.values().forEach(Tensor::close);
            gradients.values().forEach(Tensor::close);
        }
    }

    /**
     * Closes the holes that freed blocks left between those that stay, at times: where weights are kept small, holes are a part of all
     * memory that counts.
     */
    private void giveBack(int stage, Tensor output) {
        if (small && stage % STAGES_BETWEEN == 0 && output.is_cpu() && output.nbytes() >= LARGE) {
            FreedBlocks.giveBack();
        }
    }

    /** What stages gave, cut off from how it came about, in the current scope; with gradients where some are wanted. */
    private static Hidden leaves(List<Integer> stages, Map<Integer, Tensor> kept, boolean[] learning) {
        final Map<Integer, Tensor> leaves = new TreeMap<>();
        stages.forEach(stage -> leaves.put(stage, leaf(Objects.requireNonNull(kept.get(stage)), learning[stage])));
        return new Hidden(leaves);
    }

    /** Adds the gradients of what stages gave to those that there are, which are owned, for several may read it. */
    private static void addGradients(Hidden leaves, boolean[] learning, Map<Integer, Tensor> gradients) {
        leaves.byStage().forEach((stage, leaf) -> {
            if (learning[stage] && leaf.grad().defined()) {
                try (TensorScope scope = TensorScope.open()) {
                    final Tensor own = Tensors.gradient(leaf);
                    final Tensor others = gradients.get(stage);
                    gradients.put(stage, Tensors.own(others == null ? own : others.add(own)));
                    if (others != null) {
                        others.close();
                    }
                }
            }
        });
    }

    /**
     * Adds the gradients of a stage's inputs, while its parameters' gradients are added.
     *
     * @param gradient of its output, closed here
     */
    private void recompute(
            int stage,
            Map<Integer, Tensor> kept,
            boolean[] learning,
            Tensor gradient,
            Map<Integer, Tensor> gradients,
            Batch batch,
            ForwardContext context) {
        try (gradient;
                TensorScope scope = TensorScope.open()) {
            final Hidden inputs = leaves(network.inputs(stage), kept, learning);
            final List<Tensor> read =
                    network.inputs(stage).stream().map(inputs::get).toList();
            final Tensor output;
            try (var autocast = Autocast.of(batch.device().is_cuda(), half)) {
                output = TensorScope.adopt(network.stage(stage, read, batch, context.recomputing()));
            }
            output.backward(gradient, new BoolOptional(), false, new TensorArrayRefOptional());
            addGradients(inputs, learning, gradients);
        }
    }

    private static Tensor leaf(Tensor kept, boolean wantsGradient) {
        final Tensor leaf = kept.detach();
        leaf.set_requires_grad(wantsGradient);
        return leaf;
    }
}
