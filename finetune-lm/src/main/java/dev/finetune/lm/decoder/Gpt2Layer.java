package dev.finetune.lm.decoder;

import dev.finetune.nn.Attention;
import dev.finetune.nn.Batch;
import dev.finetune.nn.Dropout;
import dev.finetune.nn.ForwardContext;
import dev.finetune.nn.HiddenLayout;
import dev.finetune.nn.LayerNorm;
import dev.finetune.nn.Linear;
import dev.finetune.nn.Module;
import dev.finetune.nn.Parameter;
import dev.finetune.nn.ParameterSource;
import dev.finetune.nn.Stage;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;

/**
 * One layer of GPT-2: a = x + attention(norm(x)), then a + down(activation(up(norm(a)))); (batch, length, width) to the same. The
 * last ends with the decoder's own norm.
 */
final class Gpt2Layer implements Stage {
    private final int index;
    private final Gpt2Config config;
    private final double queryScale;
    private final LayerNorm attentionNorm;
    private final Linear projections;
    private final Attention attention;
    private final Linear attentionOutput;
    private final LayerNorm norm;
    private final Linear up;
    private final Linear down;
    private final Dropout dropout;
    private final Optional<LayerNorm> lastNorm;

    Gpt2Layer(Gpt2Config config, ParameterSource decoder, int index) {
        final ParameterSource source = decoder.at("h." + index);
        final int width = config.width();
        this.index = index;
        this.config = config;
        this.queryScale = (config.scaled() ? 1 : Math.sqrt((double) width / config.heads()))
                / (config.scaledByLayer() ? index + 1 : 1);
        this.attentionNorm = new LayerNorm(source.at("ln_1"), width, config.normEps());
        this.projections = Linear.conv1D(source.at("attn.c_attn"), width, 3L * width, config.init());
        this.attention = new Attention(config.heads(), new Dropout(config.attentionDropout()), true);
        this.attentionOutput = Linear.conv1D(source.at("attn.c_proj"), width, width, config.narrow());
        this.norm = new LayerNorm(source.at("ln_2"), width, config.normEps());
        this.up = Linear.conv1D(source.at("mlp.c_fc"), width, config.inner(), config.init());
        this.down = Linear.conv1D(source.at("mlp.c_proj"), config.inner(), width, config.narrow());
        this.dropout = new Dropout(config.residualDropout());
        this.lastNorm = index == config.layers() - 1
                ? Optional.of(new LayerNorm(decoder.at("ln_f"), width, config.normEps()))
                : Optional.empty();
    }

    @Override
    public String name() {
        return "layer." + index;
    }

    @Override
    public Tensor forward(Tensor input, Batch batch, ForwardContext context) {
        final TensorVector all =
                projections.forward(attentionNorm.forward(input), context).split(config.width(), 2);
        final Tensor query = queryScale == 1 ? all.get(0) : all.get(0).mul(new Scalar(queryScale));
        final Tensor mask = CausalMask.of(batch, 0, context).orElse(null);
        final Tensor mixed =
                CausalMask.unseen(attention.forward(query, all.get(1), all.get(2), mask, context), batch, 0, context);
        final Tensor middle = context.writesOn()
                ? attentionOutput.plus(input, mixed, context)
                : input.add(dropout.forward(attentionOutput.forward(mixed, context), context));
        final Tensor output = fed(norm.forward(middle), middle, context);
        return lastNorm.isPresent() ? lastNorm.get().forward(output) : output;
    }

    /** What the feed-forward part gives, added to its input before the norm. */
    private Tensor fed(Tensor normed, Tensor middle, ForwardContext context) {
        if (context.writesOn()) {
            return down.plus(middle, up.activated(config.activation(), normed, context), context);
        }
        final Tensor wide = up.forward(normed, context);
        return middle.add(dropout.forward(down.forward(config.activation(), wide, context), context));
    }

    @Override
    public boolean canEndRowsApart() {
        return true;
    }

    @Override
    public Optional<HiddenLayout> layout() {
        return Optional.of(HiddenLayout.positions("attention_mask"));
    }

    @Override
    public List<Parameter> parameters() {
        final List<Module> parts =
                new ArrayList<>(List.of(attentionNorm, projections, attentionOutput, norm, up, down));
        lastNorm.ifPresent(parts::add);
        return Module.parametersOf(parts);
    }
}
