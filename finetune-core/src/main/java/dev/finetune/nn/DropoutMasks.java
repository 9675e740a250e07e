package dev.finetune.nn;

import dev.finetune.internal.Seeds;
import dev.finetune.internal.torch.CudaRandom;
import dev.finetune.internal.torch.DropoutMask;
import dev.finetune.internal.torch.GradientMode;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * What the dropout of a pass keeps, in tensors of its own, so that the pass can be recorded: recorded, LibTorch's kernels would
 * draw the same numbers in every replay. The first pass draws each mask when it is due, and so tells how large they are; after
 * {@link #settle} later ones find them drawn already, all at once for each probability.
 */
public final class DropoutMasks implements AutoCloseable {
    /**
     * Numbers in a mask, at the most: 16 million of them. Where so many are dropped a GPU has enough to do without recording,
     * and attention in one kernel keeps no weights.
     */
    private static final long MOST = 1 << 24;

    /** Numbers that a mask begins at multiples of, for kernels that read several at once. */
    private static final long ALIGNED = 16;

    private final Device device;
    private final long most;
    private final List<Place> places = new ArrayList<>();
    private final Map<Double, Long> lengths = new LinkedHashMap<>();
    private final Map<Double, Tensor> drawn = new LinkedHashMap<>();
    private boolean settled;
    private int next;

    /** A mask's place among those of its probability. */
    private record Place(double keep, long[] shape, long from) {}

    /** More is dropped at once than masks are drawn for. */
    public static final class TooLarge extends RuntimeException {
        private static final long serialVersionUID = 1;
    }

    /**
     * Masks on a device (borrowed), as yet of unknown number.
     *
     * @param device where they lie
     */
    public DropoutMasks(Device device) {
        this(device, MOST);
    }

    DropoutMasks(Device device, long most) {
        this.device = device;
        this.most = most;
    }

    /**
     * Drops, as {@link Dropout} does, by the next mask, in the current scope.
     *
     * @throws TooLarge if no mask so large is drawn
     */
    Tensor apply(Tensor input, double probability, long key) {
        try (TensorScope scope = TensorScope.open()) {
            final double keep = DropoutMask.exactKeep(1 - probability);
            final long[] shape = Tensors.shape(input);
            final Tensor dropped = scope.keep(input.mul(settled ? found(keep, shape) : drawnNow(keep, shape, key)));
            dropped.mul_(new Scalar(1 / keep));
            return dropped;
        }
    }

    private Tensor drawnNow(double keep, long[] shape, long key) {
        if (count(shape) > most) {
            throw new TooLarge();
        }
        final Tensor mask = empty(shape);
        final long from = lengths.getOrDefault(keep, 0L);
        places.add(new Place(keep, shape, from));
        lengths.put(keep, from + (count(shape) + ALIGNED - 1) / ALIGNED * ALIGNED);
        draw(mask, keep, key);
        return mask;
    }

    private Tensor found(double keep, long[] shape) {
        final Place place = places.get(next++);
        if (place.keep != keep || !Arrays.equals(place.shape, shape)) {
            throw new IllegalStateException("a pass of " + Arrays.toString(place.shape) + " kept with probability "
                    + place.keep + " drops " + Arrays.toString(shape) + ", kept with " + keep);
        }
        return Objects.requireNonNull(drawn.get(keep))
                .narrow(0, place.from, count(shape))
                .view(shape);
    }

    private static long count(long[] shape) {
        return Arrays.stream(shape).reduce(1, (a, b) -> a * b);
    }

    /** Makes place for the masks that the first pass drew. */
    public void settle() {
        try (TensorScope scope = TensorScope.open()) {
            lengths.forEach((keep, length) -> drawn.put(keep, Tensors.own(empty(length))));
        }
        settled = true;
    }

    /**
     * Draws all masks, by a seed alone, for the next pass.
     *
     * @param seed of this pass
     */
    public void draw(long seed) {
        next = 0;
        try (TensorScope scope = TensorScope.open()) {
            drawn.forEach((keep, masks) -> draw(masks, keep, Seeds.mix(seed ^ Double.doubleToLongBits(keep))));
        }
    }

    private Tensor empty(long... shape) {
        return torch.empty(
                shape,
                new TensorOptions(device).dtype(new ScalarTypeOptional(ScalarType.Bool)),
                new MemoryFormatOptional());
    }

    private static void draw(Tensor mask, double keep, long key) {
        try (GradientMode off = GradientMode.off()) {
            if (mask.is_cuda()) {
                CudaRandom.keyed(key, () -> mask.bernoulli_(keep, new GeneratorOptional()));
            } else {
                mask.copy_(DropoutMask.draw(key, keep, 1, Tensors.shape(mask)));
            }
        }
    }

    @Override
    public void close() {
        drawn.values().forEach(Tensor::close);
        drawn.clear();
    }
}
