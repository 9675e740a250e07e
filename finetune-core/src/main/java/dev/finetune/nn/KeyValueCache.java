package dev.finetune.nn;

import dev.finetune.internal.torch.GradientMode;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The keys and values of all positions that a decoder has read, of each causal attention in it, so that it goes on position by
 * position without computing the earlier ones again: pass {@link ForwardContext#continuing} and a batch of the positions that
 * come next. Owns them until it is closed. Not thread-safe.
 */
public final class KeyValueCache implements AutoCloseable {
    private final Map<Long, KeysAndValues> byPlace = new HashMap<>();

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

    /** {@return how many positions were read, padding included} */
    public long length() {
        return byPlace.values().stream()
                .mapToLong(each -> each.keys.size(1))
                .max()
                .orElse(0);
    }

    /** Takes the next positions of an attention in (borrowed), and gives all of them, borrowed. */
    KeysAndValues append(long place, Tensor keys, Tensor values) {
        try (GradientMode off = GradientMode.off();
                TensorScope scope = TensorScope.open()) {
            final KeysAndValues before = byPlace.get(place);
            final Tensor allKeys = before == null ? keys.detach().clone() : joined(before.keys, keys);
            final Tensor allValues = before == null ? values.detach().clone() : joined(before.values, values);
            // Owned once both are there: where memory runs out, the scope frees what there is.
            final KeysAndValues all = KeysAndValues.owned(allKeys, allValues);
            if (before != null) {
                before.close();
            }
            byPlace.put(place, all);
            return all;
        }
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
            for (Map<Long, KeysAndValues> map : List.of(byPlace, fixed)) {
                map.replaceAll((place, before) -> {
                    final Tensor chosen = Tensors.of(rows, rows.length).to(before.keys.device(), ScalarType.Long);
                    final Tensor keys = before.keys.index_select(0, chosen);
                    final Tensor values = before.values.index_select(0, chosen);
                    final KeysAndValues after = KeysAndValues.owned(keys, values);
                    before.close();
                    return after;
                });
            }
        }
    }

    private static Tensor joined(Tensor before, Tensor next) {
        return torch.cat(new TensorVector(before, next), 1);
    }

    @Override
    public void close() {
        byPlace.values().forEach(KeysAndValues::close);
        byPlace.clear();
        fixed.values().forEach(KeysAndValues::close);
        fixed.clear();
    }
}
