package dev.finetune.lm.decoder;

import dev.finetune.internal.torch.TensorScope;
import dev.finetune.nn.Batch;
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
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * One layer of Gemma: a = x + attention(norm(x)), then a + down(activation(gate(n)) up(n)) with n = norm(a); from Gemma 2 on what is
 * added is normed before, too. (batch, length, width) to the same. The last ends with the decoder's own norm, in floats. What
 * goes from part to part has the type of its {@link LayerInput}.
 */
final class GemmaLayer implements Stage {
    private final int index;
    private final GemmaConfig config;
    private final RmsNorm attentionNorm;
    private final GemmaAttention attention;
    private final Optional<RmsNorm> attendedNorm;
    private final RmsNorm norm;
    private final GatedActivation gated;
    private final Linear gate;
    private final Linear up;
    private final Linear down;
    private final Optional<RmsNorm> outputNorm;
    private final Optional<RmsNorm> lastNorm;
    private final List<Linear> matrices;

    GemmaLayer(GemmaConfig config, ParameterSource decoder, int index) {
        final ParameterSource source = decoder.at("layers." + index);
        final ParameterSource ofFeedForward = source.at("mlp");
        final int width = config.width();
        this.index = index;
        this.config = config;
        this.attentionNorm = norm(source, "input_layernorm");
        this.attention = new GemmaAttention(config, config.looks().get(index), source.at("self_attn"));
        if (config.outputNorms()) {
            this.attendedNorm = Optional.of(norm(source, "post_attention_layernorm"));
            this.norm = norm(source, "pre_feedforward_layernorm");
            this.outputNorm = Optional.of(norm(source, "post_feedforward_layernorm"));
        } else {
            this.attendedNorm = Optional.empty();
            this.norm = norm(source, "post_attention_layernorm");
            this.outputNorm = Optional.empty();
        }
        this.gated = new GatedActivation(config.activation());
        this.gate = new Linear(ofFeedForward.at("gate_proj"), width, config.inner(), config.init(), false);
        this.up = new Linear(ofFeedForward.at("up_proj"), width, config.inner(), config.init(), false);
        this.down = new Linear(ofFeedForward.at("down_proj"), config.inner(), width, config.init(), false);
        this.lastNorm = index == config.looks().size() - 1 ? Optional.of(norm(decoder, "norm")) : Optional.empty();
        this.matrices =
                Stream.concat(attention.matrices(), Stream.of(gate, up, down)).toList();
    }

    private RmsNorm norm(ParameterSource source, String name) {
        return RmsNorm.aroundOne(source.at(name), config.width(), config.normEps());
    }

    @Override
    public String name() {
        return "layer." + index;
    }

    @Override
    public Tensor forward(Tensor input, Batch batch, ForwardContext context) {
        final Tensor middle = attended(LayerInput.of(input, matrices, context), batch, context);
        final Tensor given = down.forward(gated.forward(gate, up, norm.forward(middle), context), context);
        final Tensor output =
                middle.add(outputNorm.map(each -> each.forward(given)).orElse(given));
        return lastNorm.isPresent() ? lastNorm.get().forward(output.to(ScalarType.Float)) : output;
    }

    /** What else attention took is freed before the feed-forward part begins, unless gradients need it. */
    private Tensor attended(Tensor input, Batch batch, ForwardContext context) {
        try (TensorScope scope = TensorScope.open()) {
            final Tensor attended = attention.forward(attentionNorm.forward(input), batch, context);
            return scope.keep(
                    input.add(attendedNorm.map(each -> each.forward(attended)).orElse(attended)));
        }
    }

    @Override
    public boolean canEndRowsApart() {
        return attention.canEndRowsApart();
    }

    @Override
    public Optional<HiddenLayout> layout() {
        return Optional.of(HiddenLayout.positions("attention_mask"));
    }

    @Override
    public List<Parameter> parameters() {
        final List<Module> parts = new ArrayList<>(List.of(attentionNorm, attention, norm, gate, up, down));
        attendedNorm.ifPresent(parts::add);
        outputNorm.ifPresent(parts::add);
        lastNorm.ifPresent(parts::add);
        return Module.parametersOf(parts);
    }
}
