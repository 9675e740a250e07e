package dev.finetune.nn;

import dev.finetune.internal.torch.Autocast;
import java.util.Optional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * softmax(cap tanh(scale Q K^T / cap) + bias) V, head by head: scores that never leave -cap..cap (Gemma Team, "Gemma 2", 2024).
 * Causal as {@link Attention} is, and going on from a {@link KeyValueCache} as that does; the scores of a whole batch are in memory.
 *
 * @param heads how many heads the width of the queries is cut into
 * @param keyHeads how many heads keys and values have, each for several heads of the queries beside each other
 * @param scale what products of queries and keys are multiplied with
 * @param cap positive
 * @param dropout drops attention weights in training
 */
public record CappedAttention(int heads, int keyHeads, double scale, double cap, Dropout dropout) {
    /**
     * Attends; in floats.
     *
     * @param query (batch, queries, heads * size), floats or bfloat16
     * @param key (batch, length, keyHeads * size)
     * @param value as keys
     * @param bias added to the scores, (batch, 1, queries or 1, length), or null for none; of all positions, cached ones included;
     *     with a row for each of several queries it hides later positions itself
     * @param context of this pass: whether it trains, and what dropout draws from
     * @return (batch, queries, heads * size), of the same type
     */
    public Tensor forward(Tensor query, Tensor key, Tensor value, @Nullable Tensor bias, ForwardContext context) {
        return Mixed.isHalf(query) && !Autocast.isOnFor(query)
                ? inFloats(Mixed.asFloats(query), Mixed.asFloats(key), Mixed.asFloats(value), bias, context)
                        .to(ScalarType.BFloat16)
                : inFloats(query, key, value, bias, context);
    }

    private Tensor inFloats(Tensor query, Tensor key, Tensor value, @Nullable Tensor bias, ForwardContext context) {
        final Optional<KeyValueCache.KeysAndValues> all =
                context.cache().map(cache -> cache.append(context.nextPlace(), key, value));
        final Tensor keys = all.map(KeyValueCache.KeysAndValues::keys).orElse(key);
        final Tensor values = all.map(KeyValueCache.KeysAndValues::values).orElse(value);
        final long batch = query.size(0);
        final long queries = query.size(1);
        final long length = keys.size(1);
        final long size = query.size(2) / heads;
        // The heads that share keys stand below each other, as more queries.
        final long together = heads / keyHeads * queries;
        final Tensor scores = PiecewiseAttention.split(query, heads)
                .reshape(batch, keyHeads, together, size)
                .mul(new Scalar(scale / cap))
                .matmul(PiecewiseAttention.split(keys, keyHeads).transpose(2, 3))
                .tanh()
                .mul(new Scalar(cap))
                .view(batch, heads, queries, length);
        final Tensor hidden = hidden(query, keys, bias);
        final Tensor weights = torch.softmax(hidden == null ? scores : scores.add(hidden), -1);
        return dropout.forward(weights, context)
                .view(batch, keyHeads, together, length)
                .matmul(PiecewiseAttention.split(values, keyHeads))
                .view(batch, heads, queries, size)
                .transpose(1, 2)
                .reshape(batch, queries, heads * size);
    }

    /** What hides positions, later ones included. */
    private static @Nullable Tensor hidden(Tensor query, Tensor keys, @Nullable Tensor bias) {
        if (query.size(1) == 1 || bias != null && bias.size(2) > 1) {
            return bias;
        }
        final Tensor later = Attention.later(query, keys);
        return bias == null ? later : later.add(bias);
    }
}
