package dev.finetune.train;

import dev.finetune.batch.Encoded;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import dev.finetune.nn.HiddenLayout;
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
 * What one frozen stage gave for rows. Rows of positions are kept without their padding, so that they can be put into batches
 * of any length: what stands at padded places is hidden from attention and from most heads by the mask. For a head that reads
 * it ({@link dev.finetune.nn.HeadModule#readsPadding}) rows are kept with the padding of their longest batch so far.
 */
final class KeptRows {
    private final HiddenLayout layout;
    private final boolean withPadding;
    private final FrozenOutputStore store;
    private final Map<Encoded, FrozenOutputStore.Place> places = Collections.synchronizedMap(new IdentityHashMap<>());
    private volatile Optional<Numbers> numbers = Optional.empty();

    /**
     * No rows yet.
     *
     * @param layout of the stage's output
     * @param withPadding whether what stands at padded places is kept, too
     * @param store for what is kept (borrowed)
     */
    KeptRows(HiddenLayout layout, boolean withPadding, FrozenOutputStore store) {
        this.layout = layout;
        this.withPadding = withPadding;
        this.store = store;
    }

    /**
     * How a row's numbers lie.
     *
     * @param positions whether the first dimension is the row's positions, from batch to batch others
     * @param channelsLast whether the channels, first in the shape, are last in memory
     * @param type of the numbers: not float32 where products are computed in 16 bits
     * @param shape a row's dimensions in memory; the first is of no meaning for positions
     */
    private record Numbers(boolean positions, boolean channelsLast, ScalarType type, long[] shape) {
        static Numbers of(Tensor hidden, boolean positions) {
            final boolean last =
                    hidden.dim() == 4 && !hidden.is_contiguous() && hidden.is_contiguous(MemoryFormat.ChannelsLast);
            final long[] all = Tensors.shape(last ? hidden.permute(0, 2, 3, 1) : hidden);
            final ScalarType type = hidden.scalar_type().intern();
            return new Numbers(positions, last, type, Arrays.copyOfRange(all, 1, all.length));
        }

        /** How many bytes a row takes that has so many positions. */
        long bytes(long count) {
            long all = positions ? count : shape[0];
            for (int i = 1; i < shape.length; i++) {
                all *= shape[i];
            }
            return all * torch.elementSize(type);
        }

        boolean fits(Numbers other) {
            final int from = positions ? 1 : 0;
            return channelsLast == other.channelsLast
                    && type == other.type
                    && Arrays.equals(shape, from, shape.length, other.shape, from, other.shape.length);
        }
    }

    /** Whether what it gave for all these rows is kept. May be asked by any thread. */
    boolean knows(List<Encoded> rows) {
        final long longest = longest(rows);
        return numbers.map(how -> rows.stream().allMatch(row -> isKept(row, how.bytes(wanted(row, longest)))))
                .orElse(false);
    }

    /** Forgets what is in the file. */
    void forgetFile() {
        places.values().removeIf(FrozenOutputStore.Place::inFile);
    }

    private boolean isKept(Encoded row, long bytes) {
        final FrozenOutputStore.Place place = places.get(row);
        return place != null && place.bytes() >= bytes;
    }

    /** How many positions of a row are read in a batch. */
    private long wanted(Encoded row, long longest) {
        return withPadding ? longest : layout.positions(row.length());
    }

    private long longest(List<Encoded> rows) {
        return rows.stream()
                .mapToLong(row -> layout.positions(row.length()))
                .max()
                .orElse(0);
    }

    /** Keeps what the stage gave for rows (borrowed), unless it lies otherwise than the stage says. */
    void keep(List<Encoded> rows, Tensor hidden) {
        final long longest = longest(rows);
        final boolean positions = layout.hasPositions();
        if (positions && (hidden.dim() < 3 || hidden.size(1) != longest)) {
            return;
        }
        try (TensorScope scope = TensorScope.open()) {
            final Numbers found = Numbers.of(hidden, positions);
            if (numbers.isPresent() && !numbers.get().fits(found)) {
                return;
            }
            numbers = Optional.of(found);
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

    /** Rows out of the store that it {@link #knows}, on a device, in the current scope; empty where it can't be read any more. */
    Optional<Tensor> read(List<Encoded> rows, Device device) {
        final Numbers how = numbers.orElseThrow();
        final long longest = longest(rows);
        final long[] shape = new long[how.shape.length + 1];
        shape[0] = rows.size();
        System.arraycopy(how.shape, 0, shape, 1, how.shape.length);
        if (how.positions) {
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
}
