package dev.finetune.lm.decoder;

import dev.finetune.internal.torch.TensorScope;
import dev.finetune.nn.Attention;
import dev.finetune.nn.Batch;
import dev.finetune.nn.Dropout;
import dev.finetune.nn.ForwardContext;
import dev.finetune.nn.GatedActivation;
import dev.finetune.nn.HiddenLayout;
import dev.finetune.nn.Linear;
import dev.finetune.nn.Module;
import dev.finetune.nn.Parameter;
import dev.finetune.nn.ParameterSource;
import dev.finetune.nn.RmsNorm;
import dev.finetune.nn.Stage;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * One layer of Llama: a = x + attention(norm(x)), then a + down(activation(gate(n)) up(n)) with n = norm(a); (batch, length, width)
 * to the same. The last ends with the decoder's own norm, in floats.
 * What goes from part to part has the type of its {@link LayerInput}.
 */
final class LlamaLayer implements Stage {
    private final int index;
    private final LlamaConfig config;
    private final int window;
    private final RmsNorm attentionNorm;
    private final Linear query;
    private final Linear key;
    private final Linear value;
    private final Optional<RmsNorm> queryNorm;
    private final Optional<RmsNorm> keyNorm;
    private final Attention attention;
    private final Linear attentionOutput;
    private final RmsNorm norm;
    private final GatedActivation gated;
    private final Linear gate;
    private final Linear up;
    private final Linear down;
    private final Optional<RmsNorm> lastNorm;
    private final List<Linear> matrices;

    LlamaLayer(LlamaConfig config, ParameterSource decoder, int index) {
        final ParameterSource source = decoder.at("layers." + index);
        final ParameterSource ofAttention = source.at("self_attn");
        final ParameterSource ofFeedForward = source.at("mlp");
        final int width = config.width();
        final long wide = (long) config.heads() * config.headSize();
        final long narrow = (long) config.keyHeads() * config.headSize();
        this.index = index;
        this.config = config;
        this.window = config.windows().get(index);
        this.attentionNorm = new RmsNorm(source.at("input_layernorm"), width, config.normEps());
        this.query = new Linear(ofAttention.at("q_proj"), width, wide, config.init(), config.queryBias());
        this.key = new Linear(ofAttention.at("k_proj"), width, narrow, config.init(), config.queryBias());
        this.value = new Linear(ofAttention.at("v_proj"), width, narrow, config.init(), config.queryBias());
        this.queryNorm = headNorm(ofAttention.at("q_norm"));
        this.keyNorm = headNorm(ofAttention.at("k_norm"));
        this.attention = new Attention(config.heads(), config.keyHeads(), new Dropout(config.attentionDropout()), true);
        this.attentionOutput = new Linear(ofAttention.at("o_proj"), wide, width, config.init(), config.outputBias());
        this.norm = new RmsNorm(source.at("post_attention_layernorm"), width, config.normEps());
        this.gated = new GatedActivation(config.activation());
        this.gate = new Linear(ofFeedForward.at("gate_proj"), width, config.inner(), config.init(), config.innerBias());
        this.up = new Linear(ofFeedForward.at("up_proj"), width, config.inner(), config.init(), config.innerBias());
        this.down = new Linear(ofFeedForward.at("down_proj"), config.inner(), width, config.init(), config.innerBias());
        this.lastNorm = index == config.layers() - 1
                ? Optional.of(new RmsNorm(decoder.at("norm"), width, config.normEps()))
                : Optional.empty();
        this.matrices = List.of(query, key, value, attentionOutput, gate, up, down);
    }

    private Optional<RmsNorm> headNorm(ParameterSource source) {
        return config.headNorms()
                ? Optional.of(new RmsNorm(source, config.headSize(), config.normEps()))
                : Optional.empty();
    }

    @Override
    public String name() {
        return "layer." + index;
    }

    @Override
    public Tensor forward(Tensor input, Batch batch, ForwardContext context) {
        final Tensor middle = attended(LayerInput.of(input, matrices, context), batch, context);
        final Tensor normed = norm.forward(middle);
        final Tensor output = down.plus(middle, gated.forward(gate, up, normed, context), context);
        return lastNorm.isPresent() ? lastNorm.get().forward(output.to(ScalarType.Float)) : output;
    }

    /** x + attention(norm(x)); what else attention took is freed before the feed-forward part begins, unless gradients need it. */
    private Tensor attended(Tensor input, Batch batch, ForwardContext context) {
        try (TensorScope scope = TensorScope.open()) {
            final Tensor normed = attentionNorm.forward(input);
            final Tensor queries = compared(query.forward(normed, context), queryNorm, config.heads(), batch, context);
            final Tensor keys = compared(key.forward(normed, context), keyNorm, config.keyHeads(), batch, context);
            final Tensor mask = CausalMask.of(batch, window, context).orElse(null);
            final Tensor mixed = CausalMask.unseen(
                    attention.forward(queries, keys, value.forward(normed, context), mask, context),
                    batch,
                    window,
                    context);
            return scope.keep(attentionOutput.plus(input, mixed, context));
        }
    }

    /** Queries or keys: normed head by head where the family does so, and turned. */
    private Tensor compared(Tensor wide, Optional<RmsNorm> headNorm, int heads, Batch batch, ForwardContext context) {
        final Tensor normed = headNorm.map(
                        each -> each.forward(wide.view(wide.size(0), wide.size(1), heads, config.headSize()))
                                .view(wide.size(0), wide.size(1), wide.size(2)))
                .orElse(wide);
        return config.rotary().turn(normed, heads, batch, context);
    }

    @Override
    public boolean canEndRowsApart() {
        return !config.rotary().changesWithLength();
    }

    @Override
    public Optional<HiddenLayout> layout() {
        return Optional.of(HiddenLayout.positions("attention_mask"));
    }

    @Override
    public List<Parameter> parameters() {
        final List<Module> parts = new ArrayList<>(List.of(attentionNorm, query, key, value));
        queryNorm.ifPresent(parts::add);
        keyNorm.ifPresent(parts::add);
        parts.addAll(List.of(attentionOutput, norm, gate, up, down));
        lastNorm.ifPresent(parts::add);
        return Module.parametersOf(parts);
    }
}
