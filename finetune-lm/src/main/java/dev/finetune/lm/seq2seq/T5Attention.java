package dev.finetune.lm.seq2seq;

import dev.finetune.nn.Attention;
import dev.finetune.nn.Dropout;
import dev.finetune.nn.ForwardContext;
import dev.finetune.nn.Linear;
import dev.finetune.nn.Module;
import dev.finetune.nn.Parameter;
import dev.finetune.nn.ParameterSource;
import dev.finetune.nn.RmsNorm;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/** x + attention(norm(x)), with scores that aren't scaled. */
final class T5Attention implements Module {
    private final RmsNorm norm;
    private final MultiHeadAttention attention;
    private final Dropout dropout;

    /**
     * Takes the parameters from a source, below the sublayer's name.
     *
     * @param name of the attention below that
     * @param causal whether later positions are hidden
     */
    T5Attention(T5Config config, ParameterSource source, String name, boolean causal) {
        final ParameterSource projections = source.at(name);
        final int hidden = config.hidden();
        final int inner = config.inner();
        this.dropout = new Dropout(config.dropout());
        this.norm = new RmsNorm(source.at("layer_norm"), hidden, config.normEps());
        this.attention = new MultiHeadAttention(
                new Linear(projections.at("q"), hidden, inner, config.init((double) hidden * config.headSize()), false),
                new Linear(projections.at("k"), hidden, inner, config.init(hidden), false),
                new Linear(projections.at("v"), hidden, inner, config.init(hidden), false),
                new Linear(projections.at("o"), inner, hidden, config.init(inner), false),
                new Attention(config.heads(), dropout, causal),
                false);
    }

    /** (batch, length, hidden) to the same, by the scores of distances. */
    Tensor toItself(Tensor input, @Nullable Tensor bias, Tensor positions, ForwardContext context) {
        return input.add(dropout.forward(attention.toItself(norm.forward(input), bias, positions, context), context));
    }

    /** (batch, length, hidden) to the same. */
    Tensor toEncoded(Tensor input, Tensor encoded, @Nullable Tensor bias, ForwardContext context) {
        return input.add(dropout.forward(attention.toEncoded(norm.forward(input), encoded, bias, context), context));
    }

    @Override
    public List<Parameter> parameters() {
        return Module.parametersOf(List.of(norm, attention));
    }
}
