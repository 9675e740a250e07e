package dev.finetune.nn;

import dev.finetune.internal.torch.GradientMode;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The keys and values of all positions that a decoder has read, of each causal attention in it, so that it goes on position by
 * position without computing the earlier ones again: pass {@link ForwardContext#continuing} and a batch of the positions that
 * come next. Owns them until it is closed, with room for some more, so that they are moved seldom. Not thread-safe.
 */
public final class KeyValueCache implements AutoCloseable {
    /** Room is made for so many more positions than are needed, or half of them, whichever is more. */
    private static final long BLOCK = 64;

    private final Map<Long, Room> byPlace = new HashMap<>();

    /** What doesn't grow. */
    private final Map<Long, KeysAndValues> fixed = new HashMap<>();

    /** An empty cache. */
    public KeyValueCache() {}

    /**
     * Keys and values of some positions.
     *
     * @param keys (batch, positions, width)
     * @param values (batch, positions, width)
     */
    public record KeysAndValues(Tensor keys, Tensor values) {
        private static KeysAndValues owned(Tensor keys, Tensor values) {
            return new KeysAndValues(Tensors.own(keys), Tensors.own(values));
        }

        void close() {
            keys.close();
            values.close();
        }
    }

    /** Keys and values with room for more, (batch, room, width) each; owned. */
    private static final class Room implements AutoCloseable {
        private Tensor keys;
        private Tensor values;
        private long length;

        Room(Tensor keys, Tensor values) {
            final Tensor forKeys = roomy(keys, keys.size(1));
            final Tensor forValues = roomy(values, keys.size(1));
            // Owned once both are there: where memory runs out, the scope frees what there is.
            this.keys = Tensors.own(forKeys);
            this.values = Tensors.own(forValues);
        }

        /** Room for so many positions and some more, of the batch, width, type and place of a tensor. */
        private static Tensor roomy(Tensor like, long positions) {
            return torch.empty(
                    new long[] {like.size(0), positions + Math.max(BLOCK, positions / 2), like.size(2)},
                    like.options(),
                    new MemoryFormatOptional());
        }

        void append(Tensor nextKeys, Tensor nextValues) {
            final long all = length + nextKeys.size(1);
            if (all > keys.size(1)) {
                replace(grown(keys, all), grown(values, all));
            }
            keys.narrow(1, length, nextKeys.size(1)).copy_(nextKeys);
            values.narrow(1, length, nextKeys.size(1)).copy_(nextValues);
            length = all;
        }

        private Tensor grown(Tensor before, long positions) {
            final Tensor grown = roomy(before, positions);
            grown.narrow(1, 0, length).copy_(before.narrow(1, 0, length));
            return grown;
        }

        private void replace(Tensor otherKeys, Tensor otherValues) {
            close();
            keys = Tensors.own(otherKeys);
            values = Tensors.own(otherValues);
        }

        void select(Tensor rows) {
            replace(keys.index_select(0, rows), values.index_select(0, rows));
        }

        KeysAndValues present() {
            return new KeysAndValues(keys.narrow(1, 0, length), values.narrow(1, 0, length));
        }

        @Override
        public void close() {
            keys.close();
            values.close();
        }
    }

    /** {@return how many positions were read, padding included} */
    public long length() {
        return byPlace.values().stream().mapToLong(each -> each.length).max().orElse(0);
    }

    /** Takes the next positions of an attention in (borrowed), and gives all of them, borrowed. */
    KeysAndValues append(long place, Tensor keys, Tensor values) {
        try (GradientMode off = GradientMode.off();
                TensorScope scope = TensorScope.open()) {
            byPlace.computeIfAbsent(place, first -> new Room(keys, values)).append(keys, values);
        }
        return byPlace.get(place).present();
    }

    /** What an attention goes on with that doesn't grow, computed the first time (borrowed then, too). */
    KeysAndValues fixed(long place, Supplier<KeysAndValues> compute) {
        return fixed.computeIfAbsent(place, first -> {
            try (GradientMode off = GradientMode.off();
                    TensorScope scope = TensorScope.open()) {
                final KeysAndValues computed = compute.get();
                return KeysAndValues.owned(computed.keys, computed.values);
            }
        });
    }

    /**
     * Goes on with these rows alone, in this order; a row may be named several times, as beams do.
     *
     * @param rows numbers of present rows
     */
    public void select(long... rows) {
        try (GradientMode off = GradientMode.off();
                TensorScope scope = TensorScope.open()) {
            final Tensor chosen = Tensors.of(rows, rows.length);
            for (Room each : byPlace.values()) {
                each.select(chosen.to(each.keys.device(), ScalarType.Long));
            }
            fixed.replaceAll((place, before) -> {
                final Tensor there = chosen.to(before.keys.device(), ScalarType.Long);
                final Tensor keys = before.keys.index_select(0, there);
                final Tensor values = before.values.index_select(0, there);
                final KeysAndValues after = KeysAndValues.owned(keys, values);
                before.close();
                return after;
            });
        }
    }

    @Override
    public void close() {
        byPlace.values().forEach(Room::close);
        byPlace.clear();
        fixed.values().forEach(KeysAndValues::close);
        fixed.clear();
    }
}
