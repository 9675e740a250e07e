package dev.finetune.lm.seq2seq;

import dev.finetune.bert.PaddingMask;
import dev.finetune.nn.Batch;
import dev.finetune.nn.Dropout;
import dev.finetune.nn.ForwardContext;
import dev.finetune.nn.HiddenLayout;
import dev.finetune.nn.Module;
import dev.finetune.nn.Parameter;
import dev.finetune.nn.ParameterSource;
import dev.finetune.nn.RmsNorm;
import dev.finetune.nn.Stage;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/**
 * One layer of T5 (Raffel et al., 2020): self-attention, in the decoder attention to what the encoder gave, and a feed-forward
 * part, each with a norm before it and a residual sum; (batch, length, hidden) to the same. The last one of a side ends with the
 * side's own norm.
 */
final class T5Layer implements Stage {
    private final Side side;
    private final int index;
    private final RelativeScores scores;
    private final Optional<String> encoder;
    private final T5Attention itself;
    private final Optional<T5Attention> source;
    private final T5FeedForward feedForward;
    private final Optional<RmsNorm> lastNorm;
    private final Dropout dropout;

    /**
     * Takes a layer's parameters from the source of all.
     *
     * @param scores of the side, owned by its embeddings
     */
    T5Layer(Side side, int index, T5Config config, RelativeScores scores, ParameterSource all) {
        final boolean decodes = side == Side.DECODER;
        final ParameterSource layer = all.at(side.prefix() + ".block." + index + ".layer");
        final boolean last = index == (decodes ? config.decoderLayers() : config.encoderLayers()) - 1;
        this.side = side;
        this.index = index;
        this.scores = scores;
        this.encoder = decodes ? Optional.of(Side.ENCODER.layer(config.encoderLayers() - 1)) : Optional.empty();
        this.itself = new T5Attention(config, layer.at("0"), "SelfAttention", decodes);
        this.source = decodes
                ? Optional.of(new T5Attention(config, layer.at("1"), "EncDecAttention", false))
                : Optional.empty();
        this.feedForward = new T5FeedForward(config, layer.at(decodes ? "2" : "1"));
        this.lastNorm = last
                ? Optional.of(
                        new RmsNorm(all.at(side.prefix() + ".final_layer_norm"), config.hidden(), config.normEps()))
                : Optional.empty();
        this.dropout = new Dropout(config.dropout());
    }

    @Override
    public String name() {
        return side.layer(index);
    }

    @Override
    public List<String> reads() {
        return encoder.map(stage -> List.of(PREVIOUS, stage)).orElse(List.of(PREVIOUS));
    }

    @Override
    public Tensor forward(List<Tensor> inputs, Batch batch, ForwardContext context) {
        final Tensor input = inputs.get(0);
        final Tensor padding = PaddingMask.bias(batch).orElse(null);
        final Tensor positions = scores.forward(input.size(1), batch, context);
        // Nothing that counts reads the padding after a target: it lies behind.
        Tensor hidden = itself.toItself(input, side == Side.ENCODER ? padding : null, positions, context);
        if (source.isPresent()) {
            hidden = source.get().toEncoded(hidden, inputs.get(1), padding, context);
        }
        hidden = feedForward.forward(hidden, context);
        return lastNorm.isPresent() ? dropout.forward(lastNorm.get().forward(hidden), context) : hidden;
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
    public List<Parameter> parameters() {
        final List<Module> parts = new ArrayList<>(List.of(itself));
        source.ifPresent(parts::add);
        parts.add(feedForward);
        lastNorm.ifPresent(parts::add);
        return Module.parametersOf(parts);
    }
}
