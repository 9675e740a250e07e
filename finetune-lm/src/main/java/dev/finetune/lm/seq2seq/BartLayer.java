package dev.finetune.lm.seq2seq;

import dev.finetune.bert.PaddingMask;
import dev.finetune.nn.Batch;
import dev.finetune.nn.Dropout;
import dev.finetune.nn.ForwardContext;
import dev.finetune.nn.FusedLinear;
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
import org.bytedeco.pytorch.Tensor;

/**
 * One layer of BART (Lewis et al., 2019): self-attention, in the decoder attention to what the encoder gave, and a feed-forward
 * part, each with a norm after its residual sum; (batch, length, hidden) to the same.
 */
final class BartLayer implements Stage {
    private final Side side;
    private final int index;
    private final BartConfig config;
    private final BartAttention itself;
    private final Optional<BartAttention> source;
    private final Linear up;
    private final Linear down;
    private final LayerNorm norm;
    private final Dropout dropout;
    private final Dropout activationDropout;

    /** Takes a layer's parameters from a source, below the side's name. */
    BartLayer(Side side, int index, BartConfig config, ParameterSource ofSide) {
        final boolean decodes = side == Side.DECODER;
        final ParameterSource layer = ofSide.at("layers." + index);
        final int hidden = config.hidden();
        final BartConfig.Layers layers = config.layers(side);
        this.side = side;
        this.index = index;
        this.config = config;
        this.itself = new BartAttention(config, layer, "self_attn", layers.heads(), decodes);
        this.source = decodes
                ? Optional.of(new BartAttention(config, layer, "encoder_attn", layers.heads(), false))
                : Optional.empty();
        this.up = new Linear(layer.at("fc1"), hidden, layers.intermediate(), config.init());
        this.down = new Linear(layer.at("fc2"), layers.intermediate(), hidden, config.init());
        this.norm = new LayerNorm(layer.at("final_layer_norm"), hidden, BartEmbeddings.NORM_EPS);
        this.dropout = new Dropout(config.dropout());
        this.activationDropout = new Dropout(config.activationDropout());
    }

    @Override
    public String name() {
        return side.layer(index);
    }

    @Override
    public List<String> reads() {
        return source.isPresent()
                ? List.of(PREVIOUS, Side.ENCODER.layer(config.encoder().count() - 1))
                : List.of(PREVIOUS);
    }

    @Override
    public Tensor forward(List<Tensor> inputs, Batch batch, ForwardContext context) {
        final Tensor padding = PaddingMask.bias(batch).orElse(null);
        // Nothing that counts reads the padding after a target: it lies behind.
        Tensor hidden = itself.toItself(inputs.get(0), side == Side.ENCODER ? padding : null, context);
        if (source.isPresent()) {
            hidden = source.get().toEncoded(hidden, inputs.get(1), padding, context);
        }
        return norm.forward(fed(hidden, context));
    }

    /** What the feed-forward part gives, and its input. */
    private Tensor fed(Tensor hidden, ForwardContext context) {
        if (context.writesOn()) {
            return down.plus(hidden, up.activated(config.activation(), hidden, context), context);
        }
        final Tensor wide = up.forward(hidden, context);
        final Tensor narrow = activationDropout.probability() == 0
                ? down.forward(config.activation(), wide, context)
                : down.forward(activationDropout.forward(config.activation().forward(wide), context), context);
        return hidden.add(dropout.forward(narrow, context));
    }

    @Override
    public Tensor forward(Tensor input, Batch batch, ForwardContext context) {
        return forward(List.of(input), batch, context);
    }

    @Override
    public Optional<HiddenLayout> layout() {
        return side.layout();
    }

    @Override
    public List<FusedLinear> joint() {
        return List.of(itself.joint());
    }

    @Override
    public List<Parameter> parameters() {
        final List<Module> parts = new ArrayList<>(List.of(itself));
        source.ifPresent(parts::add);
        parts.addAll(List.of(up, down, norm));
        return Module.parametersOf(parts);
    }
}
