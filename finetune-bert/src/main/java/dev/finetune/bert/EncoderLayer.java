package dev.finetune.bert;

import dev.finetune.nn.Attention;
import dev.finetune.nn.Batch;
import dev.finetune.nn.Dropout;
import dev.finetune.nn.ForwardContext;
import dev.finetune.nn.FusedLinear;
import dev.finetune.nn.LayerNorm;
import dev.finetune.nn.Linear;
import dev.finetune.nn.Module;
import dev.finetune.nn.OperatorGraph;
import dev.finetune.nn.OperatorGraph.Value;
import dev.finetune.nn.Parameter;
import dev.finetune.nn.ParameterSource;
import dev.finetune.nn.TokenGroups;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * One encoder layer with norms after the residual sums (Devlin et al., 2018): a = norm(x + attention(x)), then norm(a +
 * down(activation(up(a)))); (batch, length, hidden) to the same. Several stages may compute with the same one (ALBERT).
 */
final class EncoderLayer implements Module {
    private final EncoderConfig config;
    private final Linear query;
    private final Linear key;
    private final Linear value;
    private final FusedLinear projections;
    private final Attention attention;
    private final Linear attentionOutput;
    private final LayerNorm attentionNorm;
    private final Linear up;
    private final Linear down;
    private final LayerNorm outputNorm;
    private final Dropout attentionOutputDropout;
    private final Dropout outputDropout;

    /**
     * Takes a layer's parameters from a source.
     *
     * @param source below the layer's name
     * @param dropouts what is dropped beside attention weights
     */
    EncoderLayer(EncoderConfig config, ParameterSource source, Dropouts dropouts) {
        this.config = config;
        final EncoderNames names = config.names();
        final long hidden = config.hidden();
        this.query = new Linear(source.at(names.query()), hidden, hidden, config.init());
        this.key = new Linear(source.at(names.key()), hidden, hidden, config.init());
        this.value = new Linear(source.at(names.value()), hidden, hidden, config.init());
        this.projections = new FusedLinear(query, key, value);
        this.attention = new Attention(config.heads(), new Dropout(config.attentionDropout()));
        this.attentionOutput = new Linear(source.at(names.attentionOutput()), hidden, hidden, config.init());
        this.attentionNorm = new LayerNorm(source.at(names.attentionNorm()), hidden, config.normEps());
        this.up = new Linear(source.at(names.up()), hidden, config.intermediate(), config.init());
        this.down = new Linear(source.at(names.down()), config.intermediate(), hidden, config.init());
        this.outputNorm = new LayerNorm(source.at(names.outputNorm()), hidden, config.normEps());
        this.attentionOutputDropout = new Dropout(dropouts.afterAttention);
        this.outputDropout = new Dropout(dropouts.afterFeedForward);
    }

    /**
     * Probabilities before the residual sums.
     *
     * @param afterAttention of the projection after attention
     * @param afterFeedForward of the feed-forward part
     */
    record Dropouts(double afterAttention, double afterFeedForward) {}

    /**
     * Computes the layer.
     *
     * @param input (batch, length, hidden)
     * @param firstAlone whether to compute the first token alone
     * @param relative what attention adds to its scores by where query and key stand
     * @param batch the batch (borrowed)
     * @param context of this pass
     * @return (batch, length, hidden), or (batch, 1, hidden) for the first token alone
     */
    Tensor forward(
            Tensor input, boolean firstAlone, Optional<RelativeScores> relative, Batch batch, ForwardContext context) {
        if (firstAlone) {
            final Tensor first = input.narrow(1, 0, 1);
            return afterAttention(first, ofFirst(first, input, relative, batch, context), context);
        }
        final TokenGroups.Attending attending = (all, bias, length) -> attention.forward(
                all.get(0), all.get(1), all.get(2), bias, scores(relative, batch, length, context), context);
        final Optional<TokenGroups> groups = TokenGroups.of(batch, "attention_mask", context);
        if (groups.isPresent()) {
            final Tensor tokens = groups.get().gather(input);
            final Tensor mixed = groups.get().attend(projections.forward(tokens, context), attending);
            return groups.get().pad(afterAttention(tokens, mixed, context));
        }
        final Tensor mixed = attending.attend(
                projections.forward(input, context), PaddingMask.bias(batch).orElse(null), input.size(1));
        return afterAttention(input, mixed, context);
    }

    private static @Nullable Tensor scores(
            Optional<RelativeScores> relative, Batch batch, long length, ForwardContext context) {
        return relative.map(each -> each.forward(batch, length, context)).orElse(null);
    }

    private Tensor ofFirst(
            Tensor first, Tensor input, Optional<RelativeScores> relative, Batch batch, ForwardContext context) {
        final Tensor all = scores(relative, batch, input.size(1), context);
        return attention.singleQuery(
                query.forward(first, context),
                input,
                key,
                value,
                PaddingMask.bias(batch).orElse(null),
                all == null ? null : all.narrow(2, 0, 1),
                context);
    }

    /** Of tokens, in any shape (..., hidden), and of what attention gave for them. */
    private Tensor afterAttention(Tensor read, Tensor mixed, ForwardContext context) {
        final Tensor attended = attentionOutputDropout.forward(attentionOutput.forward(mixed, context), context);
        final Tensor middle = attentionNorm.forward(attended.add(read));
        final Tensor narrow = outputDropout.forward(feedForward(middle, context), context);
        return outputNorm.forward(narrow.add(middle));
    }

    private Tensor feedForward(Tensor middle, ForwardContext context) {
        return context.isPredicting()
                ? down.forward(up.activated(config.activation(), middle, context), context)
                : down.forward(config.activation(), up.forward(middle, context), context);
    }

    /**
     * Draws the layer, as {@link #forward} computes it.
     *
     * @param graph where
     * @param input (batch * length, hidden)
     * @return (batch * length, hidden), or (batch, hidden) for the first token alone
     */
    Value draw(OperatorGraph graph, Value input, boolean firstAlone, Optional<RelativeScores> relative) {
        final long hidden = config.hidden();
        final Value read = firstAlone ? graph.first(input, hidden) : input;
        final Value mixed = attention.draw(
                graph,
                query.draw(graph, read, attention.scale(hidden)),
                key.draw(graph, input),
                value.draw(graph, input),
                bias(graph, firstAlone, relative),
                hidden);
        final Value attended = attentionOutput.draw(graph, mixed);
        final Value middle = attentionNorm.draw(graph, graph.apply("Add", attended, read));
        final Value narrow = down.draw(graph, config.activation().draw(graph, up.draw(graph, middle)));
        return outputNorm.draw(graph, graph.apply("Add", narrow, middle));
    }

    private static Value bias(OperatorGraph graph, boolean firstAlone, Optional<RelativeScores> relative) {
        final Value padding = PaddingMask.draw(graph);
        if (relative.isEmpty()) {
            return padding;
        }
        final Value all = graph.derived(
                "relative_bias",
                () -> graph.apply("Add", padding, relative.get().draw(graph)));
        return firstAlone ? graph.slice(all, 2, graph.wholes(0), graph.wholes(1)) : all;
    }

    /** What reads the same input where all of a layer is computed. */
    FusedLinear joint() {
        return projections;
    }

    @Override
    public List<Parameter> parameters() {
        return Module.parametersOf(List.of(query, key, value, attentionOutput, attentionNorm, up, down, outputNorm));
    }
}
