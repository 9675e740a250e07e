package dev.finetune.nn;

import dev.finetune.internal.torch.Autocast;
import dev.finetune.internal.torch.CudaRandom;
import dev.finetune.internal.torch.CustomGradients;
import dev.finetune.internal.torch.DropoutMask;
import dev.finetune.nn.OperatorGraph.Value;
import java.util.Optional;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * softmax(Q K^T / sqrt(d) + bias) V, head by head (Vaswani et al., 2017). Causal, a query sees the keys up to its own position
 * alone, the last query being at the last key's; where the context continues from a {@link KeyValueCache}, keys and values of
 * the positions before come from there, and where its rows end apart, the bias says what each sees.
 *
 * @param heads how many heads the width of the queries is cut into
 * @param keyHeads how many heads keys and values have: as many, or fewer, each for several heads of the queries beside each other
 *     (grouped queries, Ainslie et al., 2023)
 * @param dropout drops attention weights in training
 * @param causal whether later positions are hidden
 */
public record Attention(int heads, int keyHeads, Dropout dropout, boolean causal) {
    private static final long[] LAST = {-1};

    /**
     * Attention with as many heads of keys and values as of queries.
     *
     * @param heads how many heads the width is cut into
     * @param dropout drops attention weights in training
     * @param causal whether later positions are hidden
     */
    public Attention(int heads, Dropout dropout, boolean causal) {
        this(heads, heads, dropout, causal);
    }

    /**
     * Attention to all positions.
     *
     * @param heads how many heads the width is cut into
     * @param dropout drops attention weights in training
     */
    public Attention(int heads, Dropout dropout) {
        this(heads, dropout, false);
    }

    /**
     * Attends.
     *
     * @param query (batch, queries, width)
     * @param key (batch, length, width), of fewer heads narrower
     * @param value as keys
     * @param bias added to the scores, (batch, 1, queries or 1, length), or null for none; gets no gradient where pieces are
     *     computed; of all positions, cached ones included; with a row for each of several queries it hides later positions
     *     itself
     * @param context of this pass: whether it trains, and what dropout draws from
     * @return (batch, queries, width)
     */
    public Tensor forward(Tensor query, Tensor key, Tensor value, @Nullable Tensor bias, ForwardContext context) {
        return forward(query, key, value, bias, null, context);
    }

    /**
     * Attends with scores that depend on where query and key stand, too.
     *
     * @param query (batch, queries, width)
     * @param key (batch, length, width)
     * @param value (batch, length, width)
     * @param bias as above
     * @param positions added to the scores, (1, heads, queries, length), or null for none; gets its gradient
     * @param context of this pass: whether it trains, and what dropout draws from
     * @return (batch, queries, width)
     */
    public Tensor forward(
            Tensor query,
            Tensor key,
            Tensor value,
            @Nullable Tensor bias,
            @Nullable Tensor positions,
            ForwardContext context) {
        if (Mixed.isHalf(query) && !Autocast.isOnFor(query) && !paysInPieces(query, key, value, positions, context)) {
            // LibTorch's kernels for bfloat16 multiply number by number where it is built without MKL.
            return forward(Mixed.asFloats(query), Mixed.asFloats(key), Mixed.asFloats(value), bias, positions, context)
                    .to(ScalarType.BFloat16);
        }
        if (!causal) {
            return attended(query, key, value, bias, positions, context);
        }
        final Optional<KeyValueCache.KeysAndValues> all =
                context.cache().map(cache -> cache.append(context.nextPlace(), key, value));
        final Tensor keys = all.map(KeyValueCache.KeysAndValues::keys).orElse(key);
        final Tensor values = all.map(KeyValueCache.KeysAndValues::values).orElse(value);
        final boolean isLast = query.size(1) == 1; // And sees all that isn't hidden by the bias.
        if (isLast || bias != null && bias.size(2) > 1) {
            return attended(query, keys, values, bias, positions, context);
        }
        // LibTorch's kernels hide later positions only where queries and keys begin at the same one.
        final boolean together = query.size(1) == keys.size(1);
        if (bias == null && positions == null && together && fuses(query, keys, values, context)) {
            return joined(query, fused(query, keys, values, null, 0, true));
        }
        final Tensor later = later(query, keys);
        return attended(query, keys, values, bias == null ? later : later.add(bias), positions, context);
    }

    private boolean drops(ForwardContext context) {
        return context.training() && dropout.probability() > 0;
    }

    /** Whether LibTorch's own kernel is to attend, which leaves out what later positions would cost. */
    private boolean fuses(Tensor query, Tensor key, Tensor value, ForwardContext context) {
        return !drops(context) && !paysInPieces(query, key, value, null, context);
    }

    private boolean paysInPieces(
            Tensor query, Tensor key, Tensor value, @Nullable Tensor positions, ForwardContext context) {
        final boolean recorded = GradMode.is_enabled()
                && (query.requires_grad()
                        || key.requires_grad()
                        || value.requires_grad()
                        || positions != null && positions.requires_grad());
        return context.recomputesActivations()
                && PiecewiseAttention.pays(heads, query, key, value, drops(context))
                && (!recorded || CustomGradients.areOpen());
    }

    /**
     * What hides later positions, (1, 1, queries, keys). The lowest number there is, not -infinity: a padded query that sees no
     * key at all still has an output, whatever it means.
     */
    static Tensor later(Tensor query, Tensor key) {
        final long queries = query.size(1);
        final long keys = key.size(1);
        final Tensor lowest = torch.full(
                new long[] {1, 1, queries, keys}, new Scalar(-Float.MAX_VALUE), new TensorOptions(query.device()));
        return lowest.triu(keys - queries + 1);
    }

    private Tensor attended(
            Tensor query,
            Tensor key,
            Tensor value,
            @Nullable Tensor bias,
            @Nullable Tensor positions,
            ForwardContext context) {
        final boolean drops = drops(context);
        if (paysInPieces(query, key, value, positions, context)) {
            final double keep = drops ? DropoutMask.exactKeep(1 - dropout.probability()) : 1;
            final boolean hidesLater = causal && query.size(1) == key.size(1);
            return new PiecewiseAttention(heads, keyHeads, hidesLater, keep, drops ? context.nextKey() : 0)
                    .forward(query, key, value, bias, positions);
        }
        return joined(query, mixed(query, key, value, sum(bias, positions), drops, context));
    }

    /** (batch, heads, queries, size) in the shape of the queries. */
    private static Tensor joined(Tensor query, Tensor mixed) {
        return mixed.transpose(1, 2).reshape(query.size(0), query.size(1), query.size(2));
    }

    private Tensor perQueryHead(Tensor narrow) {
        return perQueryHead(narrow, heads, keyHeads);
    }

    /** Keys or values as wide as queries: each head as often as there are heads of queries for it. */
    static Tensor perQueryHead(Tensor narrow, int heads, int keyHeads) {
        if (keyHeads == heads) {
            return narrow;
        }
        final long batch = narrow.size(0);
        final long length = narrow.size(1);
        final long size = narrow.size(2) / keyHeads;
        return narrow.view(batch, length, keyHeads, 1, size)
                .expand(batch, length, keyHeads, heads / keyHeads, size)
                .reshape(batch, length, heads * size);
    }

    /**
     * {@return what queries have to be multiplied with before {@link #draw} compares them}
     *
     * @param width of all heads
     */
    public double scale(long width) {
        return 1 / Math.sqrt((double) width / heads);
    }

    /**
     * Draws it.
     *
     * @param graph where
     * @param query (batch * queries, width), multiplied with {@link #scale}
     * @param key (batch * length, width)
     * @param value (batch * length, width)
     * @param bias added to the scores, such as (batch, 1, 1, length)
     * @param width of all heads
     * @return (batch * queries, width)
     */
    public Value draw(OperatorGraph graph, Value query, Value key, Value value, Value bias, long width) {
        final Value keys = graph.transpose(graph.perRow(key, -1, heads, width / heads), 0, 2, 3, 1);
        final Value queries = drawSplit(graph, query, heads, width);
        return drawMixed(graph, queries, keys, drawSplit(graph, value, heads, width), bias, width);
    }

    /**
     * Draws how a width is cut into heads.
     *
     * @param graph where
     * @param wide (batch * length, width)
     * @param heads how many
     * @param width of all heads
     * @return (batch, heads, length, width of a head)
     */
    public static Value drawSplit(OperatorGraph graph, Value wide, int heads, long width) {
        return graph.transpose(graph.perRow(wide, -1, heads, width / heads), 0, 2, 1, 3);
    }

    /**
     * Draws how values are mixed.
     *
     * @param graph where
     * @param queries (batch, heads, queries, width of a head), multiplied with {@link #scale}
     * @param keys (batch, heads, width of a head, length)
     * @param values (batch, heads, length, width of a head)
     * @param bias added to the scores
     * @param width of all heads
     * @return (batch * queries, width)
     */
    public static Value drawMixed(
            OperatorGraph graph, Value queries, Value keys, Value values, Value bias, long width) {
        return drawWeighed(graph, graph.apply("Add", graph.apply("MatMul", queries, keys), bias), values, width);
    }

    /**
     * Draws how values are weighed.
     *
     * @param graph where
     * @param scores (batch, heads, queries, length)
     * @param values (batch, heads, length, width of a head)
     * @param width of all heads
     * @return (batch * queries, width)
     */
    public static Value drawWeighed(OperatorGraph graph, Value scores, Value values, long width) {
        final Value weights = graph.operator("Softmax", scores).set("axis", -1).value();
        return graph.reshape(graph.transpose(graph.apply("MatMul", weights, values), 0, 2, 1, 3), -1, width);
    }

    private static @Nullable Tensor sum(@Nullable Tensor bias, @Nullable Tensor positions) {
        if (bias == null) {
            return positions;
        }
        return positions == null ? bias : positions.add(bias);
    }

    /** LibTorch's kernels for the CPU drop nothing; those for GPUs do, but by no mask, and keep no weights for backward. */
    private Tensor mixed(
            Tensor query, Tensor key, Tensor value, @Nullable Tensor bias, boolean drops, ForwardContext context) {
        if (!drops) {
            return fused(query, key, value, bias, 0, false);
        }
        return query.is_cuda() && context.masks().isEmpty()
                ? CudaRandom.keyed(
                        context.nextKey(), () -> fused(query, key, value, bias, dropout.probability(), false))
                : withDropout(query, perQueryHead(key), perQueryHead(value), bias, context);
    }

    private Tensor fused(
            Tensor query, Tensor key, Tensor value, @Nullable Tensor bias, double dropped, boolean hidesLater) {
        return torch.scaled_dot_product_attention(
                PiecewiseAttention.split(query, heads),
                PiecewiseAttention.split(key, keyHeads),
                PiecewiseAttention.split(value, keyHeads),
                bias == null ? new TensorOptional() : new TensorOptional(bias),
                dropped,
                hidesLater,
                new DoubleOptional(),
                keyHeads != heads);
    }

    /**
     * Attends with one query a row, which sees all, to keys and values that are not computed: q (W x)^T is (q W) x^T,
     * and p (x W^T) is (p x) W^T, so that the weights multiply one vector a row and head instead of each token's. Where
     * an adapter changes how keys or values come about, they are computed.
     *
     * @param query (batch, 1, width)
     * @param input (batch, length, width), from which keys and values would come
     * @param key the layer of the keys
     * @param value the layer of the values
     * @param bias as in {@link #forward}
     * @param positions as in {@link #forward}
     * @param context of this pass: whether it trains, and what dropout draws from
     * @return (batch, 1, width)
     */
    public Tensor singleQuery(
            Tensor query,
            Tensor input,
            Linear key,
            Linear value,
            @Nullable Tensor bias,
            @Nullable Tensor positions,
            ForwardContext context) {
        if (key.isAdapted() || value.isAdapted()) {
            return forward(query, key.forward(input, context), value.forward(input, context), bias, positions, context);
        }
        final long batch = input.size(0);
        final long size = query.size(2) / heads;
        final Tensor q = query.view(batch, heads, size).mul(new Scalar(1 / Math.sqrt((double) size)));
        final Tensor ofKeys = q.transpose(0, 1).bmm(perHead(key.weight())).transpose(0, 1);
        Tensor scores = ofKeys.bmm(input.transpose(1, 2));
        final Tensor keyBias = key.bias();
        if (keyBias != null) {
            scores = scores.add_(q.mul(keyBias.view(heads, size)).sum(LAST, true, new ScalarTypeOptional()));
        }
        final Tensor added = sum(bias, positions);
        if (added != null) {
            scores = scores.add_(added.squeeze(2));
        }
        final Tensor weights = dropout.forward(torch.softmax(scores, -1), context);
        final Tensor mixed = weights.bmm(input)
                .transpose(0, 1)
                .bmm(perHead(value.weight()).transpose(1, 2))
                .transpose(0, 1);
        final Tensor valueBias = value.bias();
        final Tensor all = valueBias == null
                ? mixed
                : mixed.add(weights.sum(LAST, true, new ScalarTypeOptional()).mul(valueBias.view(heads, size)));
        return all.reshape(batch, 1, query.size(2));
    }

    /** (width, in) as (heads, size, in). */
    private Tensor perHead(Tensor weight) {
        return weight.view(heads, weight.size(0) / heads, weight.size(1));
    }

    /** The weights are computed, dropped and applied one by one. */
    private Tensor withDropout(Tensor query, Tensor key, Tensor value, @Nullable Tensor bias, ForwardContext context) {
        final Tensor q = PiecewiseAttention.split(query, heads);
        final Tensor scaled = q.mul(new Scalar(1 / Math.sqrt((double) q.size(3))));
        Tensor scores =
                torch.matmul(scaled, PiecewiseAttention.split(key, heads).transpose(2, 3));
        if (bias != null) {
            scores = scores.add_(bias);
        }
        return torch.matmul(
                dropout.forward(torch.softmax(scores, -1), context), PiecewiseAttention.split(value, heads));
    }
}
