package dev.finetune.train;

import dev.finetune.batch.Encoded;
import dev.finetune.internal.torch.Autocast;
import dev.finetune.internal.torch.GradientMode;
import dev.finetune.internal.torch.HalfPrecision;
import dev.finetune.nn.Batch;
import dev.finetune.nn.ForwardContext;
import dev.finetune.nn.Hidden;
import dev.finetune.nn.HiddenLayout;
import dev.finetune.nn.Network;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;

/**
 * The stages before the first one that is trained: they compute in evaluation mode and without gradients, and what they
 * give for a row that comes again is kept, of each stage that later ones or the head read. Where one of those doesn't say how
 * its output lies ({@link dev.finetune.nn.Stage#layout}), nothing is kept.
 */
final class FrozenStageCache implements AutoCloseable {
    private final Network network;
    private final int stages;
    private final boolean recomputeActivations;
    private final HalfPrecision half;
    private final FrozenOutputStore store;
    private final Map<Integer, KeptRows> kept = new TreeMap<>();

    /**
     * A prefix of a network; of no stage where the settings want frozen stages to compute like the others.
     *
     * @param store for what is kept; closed with the prefix
     */
    FrozenStageCache(Network network, TrainingSettings settings, HalfPrecision half, FrozenOutputStore store) {
        this(
                network,
                settings.execution().keepFrozenOutputs(),
                settings.execution().recomputeActivations(),
                half,
                store);
    }

    private FrozenStageCache(
            Network network,
            boolean enabled,
            boolean recomputeActivations,
            HalfPrecision half,
            FrozenOutputStore store) {
        this.network = network;
        this.stages = enabled ? network.frozenStages() : 0;
        this.recomputeActivations = recomputeActivations;
        this.half = half;
        this.store = store;
        final boolean withPadding = network.head().readsPadding();
        for (int stage : network.live(stages)) {
            final Optional<HiddenLayout> layout = network.stages().get(stage).layout();
            if (layout.isEmpty()) {
                kept.clear();
                return;
            }
            kept.put(stage, new KeptRows(layout.get(), withPadding, store));
        }
    }

    /** A prefix of no stage, which keeps nothing. */
    static FrozenStageCache none(Network network, boolean recomputeActivations) {
        return new FrozenStageCache(
                network, false, recomputeActivations, HalfPrecision.NONE, new FrozenOutputStore(0, warning -> {}));
    }

    /** How many stages it has. */
    int stages() {
        return stages;
    }

    /**
     * What the prefix gives for a batch, in the current scope.
     *
     * @param again whether the batch's rows come again with the same columns, so that keeping pays
     */
    Hidden output(Batch batch, boolean again) {
        final List<Encoded> rows = batch.host().rows();
        if (again && knows(rows)) {
            final Optional<Hidden> known = read(rows, batch.device());
            if (known.isPresent()) {
                return known.get();
            }
            kept.values().forEach(KeptRows::forgetFile);
        }
        final Hidden hidden;
        try (GradientMode off = GradientMode.off();
                var autocast = Autocast.of(batch.device().is_cuda(), half)) {
            hidden = network.trunk(0, stages, Hidden.NONE, batch, context(), each -> {});
        }
        if (again) {
            kept.forEach((stage, of) -> of.keep(rows, hidden.get(stage)));
        }
        return hidden;
    }

    private Optional<Hidden> read(List<Encoded> rows, Device device) {
        final Map<Integer, Tensor> read = new TreeMap<>();
        for (Map.Entry<Integer, KeptRows> of : kept.entrySet()) {
            final Optional<Tensor> there = of.getValue().read(rows, device);
            if (there.isEmpty()) {
                return Optional.empty();
            }
            read.put(of.getKey(), there.get());
        }
        return Optional.of(new Hidden(read));
    }

    /** Whether what it gives for a batch of these rows is kept. May be asked by any thread. */
    boolean knows(List<Encoded> rows) {
        return !kept.isEmpty() && kept.values().stream().allMatch(of -> of.knows(rows));
    }

    /** How stages compute that aren't trained. */
    ForwardContext context() {
        return ForwardContext.evaluating(recomputeActivations);
    }

    @Override
    public void close() {
        store.close();
    }
}
