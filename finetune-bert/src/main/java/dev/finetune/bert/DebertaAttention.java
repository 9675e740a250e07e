package dev.finetune.bert;

import dev.finetune.nn.Attention;
import dev.finetune.nn.Batch;
import dev.finetune.nn.Dropout;
import dev.finetune.nn.ForwardContext;
import dev.finetune.nn.Linear;
import dev.finetune.nn.Module;
import dev.finetune.nn.OperatorGraph;
import dev.finetune.nn.OperatorGraph.Value;
import dev.finetune.nn.Parameter;
import dev.finetune.nn.ParameterSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Disentangled attention (He et al., "DeBERTa", 2021): the score of query i and key j is the sum of q_i k_j, of q_i with the key
 * of their distance, and of k_j with the query of their distance, divided by the root of the head's size times the number of
 * products. Within, tensors are (heads, batch, ...).
 *
 * <p>The products with distances are computed for each distance once, (queries, 2 length - 1), and read along the diagonals.
 */
final class DebertaAttention implements Module {
    private final DebertaSettings settings;
    private final DebertaDistances distances;
    private final int heads;
    private final double scale;
    private final Linear query;
    private final Linear key;
    private final Linear value;
    private final Optional<Linear> distanceKey;
    private final Optional<Linear> distanceQuery;
    private final Dropout dropout;

    /**
     * Takes the projections from a source.
     *
     * @param distances shared by all layers
     */
    DebertaAttention(
            EncoderConfig config, DebertaSettings settings, DebertaDistances distances, ParameterSource source) {
        final long hidden = config.hidden();
        this.settings = settings;
        this.distances = distances;
        this.heads = config.heads();
        this.scale = settings.scale(config.hidden() / config.heads());
        this.query = new Linear(source.at("query_proj"), hidden, hidden, config.init());
        this.key = new Linear(source.at("key_proj"), hidden, hidden, config.init());
        this.value = new Linear(source.at("value_proj"), hidden, hidden, config.init());
        final boolean own = settings.relative() && !settings.sharedProjections();
        this.distanceKey = own && settings.contentToPosition()
                ? Optional.of(new Linear(source.at("pos_key_proj"), hidden, hidden, config.init()))
                : Optional.empty();
        this.distanceQuery = own && settings.positionToContent()
                ? Optional.of(new Linear(source.at("pos_query_proj"), hidden, hidden, config.init()))
                : Optional.empty();
        this.dropout = new Dropout(config.attentionDropout());
    }

    /**
     * Attends.
     *
     * @param input (batch, length, width)
     * @param firstAlone whether the first token alone asks
     * @return (batch, length, width), or (batch, 1, width) for the first token alone
     */
    Tensor forward(Tensor input, boolean firstAlone, Batch batch, ForwardContext context) {
        final Tensor asking = firstAlone ? input.narrow(1, 0, 1) : input;
        final Tensor queries = split(query.forward(asking, context)).mul(new Scalar(scale));
        final Tensor keys = split(key.forward(input, context));
        final Tensor values = split(value.forward(input, context));
        Tensor scores = torch.matmul(queries, keys.transpose(2, 3));
        if (settings.relative() && (settings.contentToPosition() || settings.positionToContent())) {
            scores = scores.add(ofDistances(queries, keys, batch, context));
        }
        final Optional<Tensor> hidden = PaddingMask.hiddenPairs(batch);
        if (hidden.isPresent()) {
            final Tensor pairs = firstAlone ? hidden.get().narrow(2, 0, 1) : hidden.get();
            scores = scores.masked_fill(pairs, new Scalar((double) -Float.MAX_VALUE));
        }
        final Tensor weights = dropout.forward(torch.softmax(scores, -1), context);
        final Tensor mixed = torch.matmul(weights, values);
        return mixed.permute(1, 2, 0, 3).reshape(asking.size(0), asking.size(1), asking.size(2));
    }

    /** (heads, batch, queries, length). */
    private Tensor ofDistances(Tensor queries, Tensor keys, Batch batch, ForwardContext context) {
        final long length = keys.size(2);
        final boolean first = queries.size(2) < length;
        final Tensor all = distances.forward(batch, context);
        final Tensor rows = distances.rows(batch, length);
        final Tensor wanted = first ? rows.narrow(0, length - 1, length) : rows;
        Tensor sum = null;
        if (settings.contentToPosition()) {
            final Tensor distanceKeys = projected(distanceKey.orElse(key), all, wanted, context);
            final Tensor products = products(queries, distanceKeys);
            sum = first ? products : diagonals(products);
        }
        if (settings.positionToContent()) {
            final Tensor distanceQueries = projected(distanceQuery.orElse(query), all, wanted, context);
            final Tensor products = first
                    ? keys.mul(distanceQueries.unsqueeze(1))
                            .sum(new long[] {3}, false, new ScalarTypeOptional())
                            .unsqueeze(2)
                    : diagonals(products(keys, distanceQueries.flip(1))).transpose(2, 3);
            final Tensor scaled = products.mul(new Scalar(scale));
            sum = sum == null ? scaled : sum.add(scaled);
        }
        return Objects.requireNonNull(sum, "a model without positions doesn't ask for them");
    }

    /** (heads, rows, size): some distances, projected. */
    private Tensor projected(Linear layer, Tensor all, Tensor wanted, ForwardContext context) {
        final Tensor wide = wanted.size(0) < all.size(0)
                ? layer.forward(all.index_select(0, wanted), context)
                : layer.forward(all, context).index_select(0, wanted);
        return wide.view(wide.size(0), heads, wide.size(1) / heads).transpose(0, 1);
    }

    /** (heads, batch, tokens, size) with (heads, distances, size): (heads, batch, tokens, distances). */
    private static Tensor products(Tensor tokens, Tensor ofDistances) {
        return tokens.flatten(1, 2)
                .bmm(ofDistances.transpose(1, 2))
                .view(tokens.size(0), tokens.size(1), tokens.size(2), ofDistances.size(1));
    }

    /** Of (..., n, 2 n - 1) what is, in row i and column j, at place j - i + n - 1 of row i: (..., n, n), a view. */
    private static Tensor diagonals(Tensor products) {
        final long heads = products.size(0);
        final long rows = products.size(1);
        final long n = products.size(2);
        if (n == 1) {
            return products;
        }
        return products.view(heads, rows, n * (2 * n - 1))
                .narrow(2, n - 1, n * (2 * n - 2))
                .view(heads, rows, n, 2 * n - 2)
                .narrow(3, 0, n);
    }

    /** (batch, tokens, width) as (heads, batch, tokens, size). */
    private Tensor split(Tensor wide) {
        return wide.view(wide.size(0), wide.size(1), heads, wide.size(2) / heads)
                .permute(2, 0, 1, 3)
                .contiguous();
    }

    /**
     * Draws it.
     *
     * @param graph where
     * @param input (batch * length, width)
     * @return of the same shape
     */
    Value draw(OperatorGraph graph, Value input) {
        final long width = query.outputs();
        final Value queries = Attention.drawSplit(graph, query.draw(graph, input, scale), heads, width);
        final Value keys = Attention.drawSplit(graph, key.draw(graph, input), heads, width);
        final Value values = Attention.drawSplit(graph, value.draw(graph, input), heads, width);
        Value scores = graph.apply("MatMul", queries, graph.transpose(keys, 0, 1, 3, 2));
        if (settings.relative() && settings.contentToPosition()) {
            final Value rows = distances.drawFalling(graph);
            final Value products = drawProducts(graph, queries, distanceKey.orElse(key), 1, rows);
            scores = graph.apply("Add", scores, drawDiagonals(graph, products));
        }
        if (settings.relative() && settings.positionToContent()) {
            final Value rows = distances.drawRising(graph);
            final Value products = drawProducts(graph, keys, distanceQuery.orElse(query), scale, rows);
            scores = graph.apply("Add", scores, graph.transpose(drawDiagonals(graph, products), 0, 1, 3, 2));
        }
        final Value shown = graph.apply("Where", PaddingMask.drawHiddenPairs(graph), PaddingMask.lowest(graph), scores);
        return Attention.drawWeighed(graph, shown, values, width);
    }

    /** (batch, heads, length, size) with some distances, projected and scaled: (batch, heads, length, 2 length). */
    private Value drawProducts(OperatorGraph graph, Value tokens, Linear layer, double scaled, Value rows) {
        final Value all = layer.draw(graph, distances.draw(graph), scaled);
        final Value split = graph.reshape(all, -1, heads, layer.outputs() / heads);
        return graph.apply("MatMul", tokens, graph.transpose(graph.apply("Gather", split, rows), 1, 2, 0));
    }

    /** As {@link #diagonals}, of (..., n, 2 n), the last of which aren't read. */
    private Value drawDiagonals(OperatorGraph graph, Value products) {
        final Value length = TextInputs.length(graph);
        final Value from = graph.derived("diagonal", () -> graph.apply("Sub", length, graph.wholes(1)));
        final Value shape = graph.derived(
                "diagonals",
                () -> graph.operator("Concat", graph.rows(), graph.wholes(heads), length, graph.wholes(-1))
                        .set("axis", 0)
                        .value());
        final Value inRow = graph.slice(graph.perRow(products, heads, -1), 2, from, graph.wholes(-1));
        return graph.slice(graph.apply("Reshape", inRow, shape), 3, graph.wholes(0), length);
    }

    @Override
    public List<Parameter> parameters() {
        final List<Module> parts = new ArrayList<>(List.of(query, key, value));
        distanceKey.ifPresent(parts::add);
        distanceQuery.ifPresent(parts::add);
        return Module.parametersOf(parts);
    }
}
