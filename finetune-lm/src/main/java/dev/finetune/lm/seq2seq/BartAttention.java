package dev.finetune.lm.seq2seq;

import dev.finetune.nn.Attention;
import dev.finetune.nn.Dropout;
import dev.finetune.nn.ForwardContext;
import dev.finetune.nn.FusedLinear;
import dev.finetune.nn.LayerNorm;
import dev.finetune.nn.Linear;
import dev.finetune.nn.Module;
import dev.finetune.nn.Parameter;
import dev.finetune.nn.ParameterSource;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/** norm(x + attention(x)). */
final class BartAttention implements Module {
    private final MultiHeadAttention attention;
    private final Dropout dropout;
    private final LayerNorm norm;

    /**
     * Takes the parameters from a source, below the layer's name.
     *
     * @param name of the attention below that
     * @param heads how many
     * @param causal whether later positions are hidden
     */
    BartAttention(BartConfig config, ParameterSource source, String name, int heads, boolean causal) {
        final ParameterSource projections = source.at(name);
        this.attention = new MultiHeadAttention(
                projection(config, projections.at("q_proj")),
                projection(config, projections.at("k_proj")),
                projection(config, projections.at("v_proj")),
                projection(config, projections.at("out_proj")),
                new Attention(heads, new Dropout(config.attentionDropout()), causal),
                true);
        this.dropout = new Dropout(config.dropout());
        this.norm = new LayerNorm(source.at(name + "_layer_norm"), config.hidden(), BartEmbeddings.NORM_EPS);
    }

    private static Linear projection(BartConfig config, ParameterSource source) {
        return new Linear(source, config.hidden(), config.hidden(), config.init());
    }

    /** (batch, length, hidden) to the same. */
    Tensor toItself(Tensor input, @Nullable Tensor bias, ForwardContext context) {
        return norm.forward(input.add(dropout.forward(attention.toItself(input, bias, null, context), context)));
    }

    /** (batch, length, hidden) to the same. */
    Tensor toEncoded(Tensor input, Tensor encoded, @Nullable Tensor bias, ForwardContext context) {
        return norm.forward(input.add(dropout.forward(attention.toEncoded(input, encoded, bias, context), context)));
    }

    /** What reads the same input where attention is to the input itself. */
    FusedLinear joint() {
        return attention.joint();
    }

    @Override
    public List<Parameter> parameters() {
        return Module.parametersOf(List.of(attention, norm));
    }
}
