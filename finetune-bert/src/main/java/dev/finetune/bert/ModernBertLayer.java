package dev.finetune.bert;

import dev.finetune.nn.Attention;
import dev.finetune.nn.Batch;
import dev.finetune.nn.Dropout;
import dev.finetune.nn.ForwardContext;
import dev.finetune.nn.HiddenLayout;
import dev.finetune.nn.Init;
import dev.finetune.nn.LayerNorm;
import dev.finetune.nn.Linear;
import dev.finetune.nn.Module;
import dev.finetune.nn.OperatorGraph;
import dev.finetune.nn.OperatorGraph.Value;
import dev.finetune.nn.Parameter;
import dev.finetune.nn.ParameterSource;
import dev.finetune.nn.Stage;
import dev.finetune.nn.TokenGroups;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;

/**
 * One layer of ModernBERT: a = x + attention(norm(x)), then a + down(activation(u) g) with (u, g) = up(norm(a)); (batch, length,
 * hidden) to the same. The first layer has no norm before attention, as the embeddings have one; the last ends with the
 * encoder's own norm.
 */
final class ModernBertLayer implements Stage {
    private final String name;
    private final int hidden;
    private final EncoderConfig config;
    private final boolean sliding;
    private final int window;
    private final Rotary rotary;
    private final boolean firstAlone;
    private final Optional<LayerNorm> attentionNorm;
    private final Linear projections;
    private final Attention attention;
    private final Linear attentionOutput;
    private final Dropout attentionDropout;
    private final LayerNorm norm;
    private final Linear up;
    private final Linear down;
    private final Dropout dropout;
    private final Optional<LayerNorm> lastNorm;

    /**
     * Takes a layer's parameters from a source.
     *
     * @param firstAlone whether nothing but the first token is read of the layer
     */
    ModernBertLayer(
            EncoderConfig config, ModernBertSettings settings, ParameterSource encoder, int index, boolean firstAlone) {
        final ParameterSource source = encoder.at("layers." + index);
        this.name = "layer." + index;
        this.hidden = config.hidden();
        this.config = config;
        this.sliding = settings.sliding().get(index);
        this.window = settings.window();
        this.rotary = new Rotary(config.heads(), sliding ? settings.slidingBase() : settings.fullBase());
        this.firstAlone = firstAlone;
        final Init in = settings.init(config.initRange());
        final Init out = settings.init(config.initRange() * settings.narrowing());
        this.attentionNorm = index == 0
                ? Optional.empty()
                : Optional.of(new LayerNorm(source.at("attn_norm"), hidden, config.normEps(), settings.normBias()));
        this.projections = new Linear(source.at("attn.Wqkv"), hidden, 3L * hidden, in, settings.attentionBias());
        this.attention = new Attention(config.heads(), new Dropout(config.attentionDropout()));
        this.attentionOutput = new Linear(source.at("attn.Wo"), hidden, hidden, out, settings.attentionBias());
        this.attentionDropout = new Dropout(config.attentionDropout());
        this.norm = new LayerNorm(source.at("mlp_norm"), hidden, config.normEps(), settings.normBias());
        this.up = new Linear(source.at("mlp.Wi"), hidden, 2L * config.intermediate(), in, settings.mlpBias());
        this.down = new Linear(source.at("mlp.Wo"), config.intermediate(), hidden, out, settings.mlpBias());
        this.dropout = new Dropout(settings.mlpDropout());
        this.lastNorm = index == config.layers() - 1
                ? Optional.of(new LayerNorm(encoder.at("final_norm"), hidden, config.normEps(), settings.normBias()))
                : Optional.empty();
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Tensor forward(Tensor input, Batch batch, ForwardContext context) {
        final Optional<TokenGroups> groups =
                firstAlone ? Optional.empty() : TokenGroups.of(batch, "attention_mask", context);
        if (groups.isPresent()) {
            final Tensor tokens = groups.get().gather(input);
            final Tensor mixed = groups.get().attend(projected(tokens, context), (all, bias, length) -> {
                final Optional<Tensor> padding = Optional.ofNullable(bias);
                return attended(
                        all,
                        sliding ? PaddingMask.nearInGroup(batch, window, length, padding) : padding,
                        batch,
                        context);
            });
            return groups.get().pad(afterAttention(tokens, mixed, context));
        }
        final Optional<Tensor> mask = sliding ? PaddingMask.near(batch, window) : PaddingMask.bias(batch);
        final Tensor mixed = attended(projected(input, context), mask, batch, context);
        return afterAttention(firstAlone ? input.narrow(1, 0, 1) : input, mixed, context);
    }

    /** Queries, keys and values. */
    private List<Tensor> projected(Tensor input, ForwardContext context) {
        final Tensor normed = attentionNorm.isPresent() ? attentionNorm.get().forward(input) : input;
        final TensorVector all = projections.forward(normed, context).split(hidden, 2);
        return List.of(all.get(0), all.get(1), all.get(2));
    }

    /** Of queries, keys and values, (rows, length, hidden), of which the first query alone may be wanted. */
    private Tensor attended(List<Tensor> all, Optional<Tensor> mask, Batch batch, ForwardContext context) {
        final Tensor queries = all.get(0);
        final Tensor query = rotary.forward(firstAlone ? queries.narrow(1, 0, 1) : queries, batch);
        final Tensor bias =
                mask.map(each -> firstAlone ? each.narrow(2, 0, 1) : each).orElse(null);
        return attention.forward(query, rotary.forward(all.get(1), batch), all.get(2), bias, context);
    }

    /** Of tokens, in any shape (..., hidden), and of what attention gave for them. */
    private Tensor afterAttention(Tensor read, Tensor mixed, ForwardContext context) {
        final Tensor attended = attentionDropout.forward(attentionOutput.forward(mixed, context), context);
        final Tensor middle = read.add(attended);
        final Tensor output = middle.add(feedForward(norm.forward(middle), context));
        return lastNorm.isPresent() ? lastNorm.get().forward(output) : output;
    }

    private Tensor feedForward(Tensor input, ForwardContext context) {
        final Tensor gated = Gated.forward(config.activation(), up.forward(input, context));
        return down.forward(dropout.forward(gated, context), context);
    }

    /** Computes all tokens, also where the first alone is read. */
    @Override
    public Value draw(OperatorGraph graph, Value input) {
        final int heads = config.heads();
        final Value normed = attentionNorm.map(each -> each.draw(graph, input)).orElse(input);
        final List<Value> all = graph.operator("Split", projections.draw(graph, normed))
                .set("axis", 1)
                .values(3);
        final long size = hidden / heads;
        final Value turned = rotary.draw(graph, Attention.drawSplit(graph, all.get(0), heads, hidden), size);
        final Value queries = graph.apply("Mul", turned, graph.number(attention.scale(hidden)));
        final Value keys = rotary.draw(graph, Attention.drawSplit(graph, all.get(1), heads, hidden), size);
        final Value mixed = Attention.drawMixed(
                graph,
                queries,
                graph.transpose(keys, 0, 1, 3, 2),
                Attention.drawSplit(graph, all.get(2), heads, hidden),
                sliding ? PaddingMask.drawNear(graph, window) : PaddingMask.draw(graph),
                hidden);
        final Value middle = graph.apply("Add", input, attentionOutput.draw(graph, mixed));
        final Value wide = up.draw(graph, norm.draw(graph, middle));
        final Value gated = Gated.draw(graph, config.activation(), wide);
        final Value output = graph.apply("Add", middle, down.draw(graph, gated));
        return lastNorm.map(each -> each.draw(graph, output)).orElse(output);
    }

    @Override
    public boolean canLeaveOutPadding() {
        return true;
    }

    @Override
    public Optional<HiddenLayout> layout() {
        return Optional.of(firstAlone ? HiddenLayout.WHOLE : HiddenLayout.positions("attention_mask"));
    }

    @Override
    public List<Parameter> parameters() {
        final List<Module> parts = new ArrayList<>();
        attentionNorm.ifPresent(parts::add);
        parts.addAll(List.of(projections, attentionOutput, norm, up, down));
        lastNorm.ifPresent(parts::add);
        return Module.parametersOf(parts);
    }
}
