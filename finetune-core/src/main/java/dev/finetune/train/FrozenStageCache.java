package dev.finetune.train;

import dev.finetune.batch.Encoded;
import dev.finetune.internal.torch.Autocast;
import dev.finetune.internal.torch.GradientMode;
import dev.finetune.internal.torch.HalfPrecision;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import dev.finetune.nn.Batch;
import dev.finetune.nn.ForwardContext;
import dev.finetune.nn.Network;
import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.MemoryFormat;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The stages before the first one that is trained: they compute in evaluation mode and without gradients, and what they
 * give for a row that comes again is kept. Rows of sequences are kept without their padding, so that they can be put
 * into batches of any length: what stands at padded places is hidden from attention and from most heads by the mask. For a
 * head that reads it ({@link dev.finetune.nn.HeadModule#readsPadding}) rows are kept with the padding of their longest
 * batch so far.
 */
final class FrozenStageCache implements AutoCloseable {
    private final Network network;
    private final int stages;
    private final boolean lean;
    private final HalfPrecision half;
    private final boolean withPadding;
    private final FrozenOutputStore store;
    private final Map<Encoded, FrozenOutputStore.Place> places = Collections.synchronizedMap(new IdentityHashMap<>());
    private volatile Optional<Layout> layout = Optional.empty();

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
            Network network, boolean enabled, boolean lean, HalfPrecision half, FrozenOutputStore store) {
        this.network = network;
        this.stages = enabled ? network.frozenStages() : 0;
        this.lean = lean;
        this.half = half;
        this.withPadding = network.head().readsPadding();
        this.store = store;
    }

    /** A prefix of no stage, which keeps nothing. */
    static FrozenStageCache none(Network network, boolean lean) {
        return new FrozenStageCache(network, false, lean, HalfPrecision.NONE, new FrozenOutputStore(0, warning -> {}));
    }

    /**
     * How a row's numbers lie.
     *
     * @param sequence whether the first dimension is the row's length, from batch to batch another
     * @param channelsLast whether the channels, first in the shape, are last in memory
     * @param type of the numbers: not float32 where products are computed in 16 bits
     * @param shape a row's dimensions in memory; the first is of no meaning for a sequence
     */
    private record Layout(boolean sequence, boolean channelsLast, ScalarType type, long[] shape) {
        static Layout of(Tensor hidden, boolean sequence) {
            final boolean last =
                    hidden.dim() == 4 && !hidden.is_contiguous() && hidden.is_contiguous(MemoryFormat.ChannelsLast);
            final long[] all = Tensors.shape(last ? hidden.permute(0, 2, 3, 1) : hidden);
            final ScalarType type = hidden.scalar_type().intern();
            return new Layout(sequence, last, type, Arrays.copyOfRange(all, 1, all.length));
        }

        /** How many bytes a row takes where sequences are so long. */
        long bytes(long length) {
            long numbers = sequence ? length : shape[0];
            for (int i = 1; i < shape.length; i++) {
                numbers *= shape[i];
            }
            return numbers * torch.elementSize(type);
        }

        boolean fits(Layout other) {
            final int from = sequence ? 1 : 0;
            return sequence == other.sequence
                    && channelsLast == other.channelsLast
                    && type == other.type
                    && Arrays.equals(shape, from, shape.length, other.shape, from, other.shape.length);
        }
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
    Tensor output(Batch batch, boolean again) {
        final List<Encoded> rows = batch.host().rows();
        if (again && knows(rows)) {
            final Optional<Tensor> kept = kept(rows, layout.orElseThrow(), batch.device());
            if (kept.isPresent()) {
                return kept.get();
            }
            places.values().removeIf(FrozenOutputStore.Place::inFile);
        }
        final Tensor hidden;
        try (GradientMode off = GradientMode.off();
                var autocast = Autocast.of(batch.device().is_cuda(), half)) {
            hidden = computed(batch);
        }
        if (again && stages > 0) {
            keep(rows, hidden);
        }
        return hidden;
    }

    /** Whether what it gives for a batch of these rows is kept. May be asked by any thread. */
    boolean knows(List<Encoded> rows) {
        final long longest = longest(rows);
        return layout.map(how -> rows.stream().allMatch(row -> isKept(row, how.bytes(wanted(row, longest)))))
                .orElse(false);
    }

    private boolean isKept(Encoded row, long bytes) {
        final FrozenOutputStore.Place place = places.get(row);
        return place != null && place.bytes() >= bytes;
    }

    /** How many positions of a row are read in a batch. */
    private long wanted(Encoded row, long longest) {
        return withPadding ? longest : row.length();
    }

    private static long longest(List<Encoded> rows) {
        return rows.stream().mapToInt(Encoded::length).max().orElse(0);
    }

    /** How stages compute that aren't trained. */
    ForwardContext context() {
        return ForwardContext.evaluating(lean);
    }

    private Tensor computed(Batch batch) {
        final Tensor nothing = torch.empty(0);
        return network.trunk(0, stages, nothing, batch, context(), each -> {});
    }

    private void keep(List<Encoded> rows, Tensor hidden) {
        final long longest = longest(rows);
        final boolean sequence = hidden.dim() == 3 && hidden.size(1) == longest;
        if (hidden.dim() == 3 && !sequence && hidden.size(1) != 1) {
            return;
        }
        try (TensorScope scope = TensorScope.open()) {
            final Layout found = Layout.of(hidden, sequence);
            if (layout.isPresent() && !layout.get().fits(found)) {
                return;
            }
            layout = Optional.of(found);
            final Tensor flat = (found.channelsLast ? hidden.permute(0, 2, 3, 1) : hidden)
                    .contiguous()
                    .to(Tensors.cpu(), found.type);
            final BytePointer bytes = bytes(flat);
            final long stride = found.bytes(longest);
            for (int i = 0; i < rows.size(); i++) {
                final Encoded row = rows.get(i);
                final long wanted = found.bytes(wanted(row, longest));
                if (!isKept(row, wanted)) {
                    final FrozenOutputStore.Place place = store.add(bytes, i * stride, wanted);
                    if (place != null) {
                        places.put(row, place);
                    }
                }
            }
        }
    }

    /** Rows out of the store, on a device; empty where it can no longer be read. */
    private Optional<Tensor> kept(List<Encoded> rows, Layout how, Device device) {
        final long longest = longest(rows);
        final long[] shape = new long[how.shape.length + 1];
        shape[0] = rows.size();
        System.arraycopy(how.shape, 0, shape, 1, how.shape.length);
        if (how.sequence) {
            shape[1] = longest;
        }
        try (TensorScope scope = TensorScope.open()) {
            final Tensor batch = torch.zeros(shape, new TensorOptions(how.type));
            final BytePointer bytes = bytes(batch);
            final long stride = how.bytes(longest);
            for (int i = 0; i < rows.size(); i++) {
                final Encoded row = rows.get(i);
                final FrozenOutputStore.Place place =
                        Objects.requireNonNull(places.get(row)).first(how.bytes(wanted(row, longest)));
                if (!store.read(place, bytes, i * stride)) {
                    return Optional.empty();
                }
            }
            final Tensor there = batch.to(device, how.type);
            return Optional.of(scope.keep(how.channelsLast ? there.permute(0, 3, 1, 2) : there));
        }
    }

    private static BytePointer bytes(Tensor tensor) {
        return new BytePointer(tensor.data_ptr()).capacity(tensor.nbytes());
    }

    @Override
    public void close() {
        store.close();
    }
}
