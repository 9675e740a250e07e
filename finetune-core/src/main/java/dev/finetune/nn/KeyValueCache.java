package dev.finetune.nn;

import dev.finetune.internal.torch.GradientMode;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import java.util.HashMap;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * The keys and values of all positions that a decoder has read, of each causal attention in it, so that it goes on position by
 * position without computing the earlier ones again: pass {@link ForwardContext#continuing} and a batch of the positions that
 * come next. Owns them until it is closed. Not thread-safe.
 */
public final class KeyValueCache implements AutoCloseable {
    private final Map<Long, KeysAndValues> byPlace = new HashMap<>();

    /** An empty cache. */
    public KeyValueCache() {}

    /**
     * Keys and values; owned by the cache.
     *
     * @param keys (batch, positions, width)
     * @param values (batch, positions, width)
     */
    record KeysAndValues(Tensor keys, Tensor values) {
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
            final KeysAndValues all = new KeysAndValues(Tensors.own(allKeys), Tensors.own(allValues));
            if (before != null) {
                before.close();
            }
            byPlace.put(place, all);
            return all;
        }
    }

    private static Tensor joined(Tensor before, Tensor next) {
        return torch.cat(new TensorVector(before, next), 1);
    }

    @Override
    public void close() {
        byPlace.values().forEach(KeysAndValues::close);
        byPlace.clear();
    }
}
