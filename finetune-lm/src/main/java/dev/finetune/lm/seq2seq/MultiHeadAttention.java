package dev.finetune.lm.seq2seq;

import dev.finetune.nn.Attention;
import dev.finetune.nn.ForwardContext;
import dev.finetune.nn.FusedLinear;
import dev.finetune.nn.KeyValueCache.KeysAndValues;
import dev.finetune.nn.Linear;
import dev.finetune.nn.Module;
import dev.finetune.nn.Parameter;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Attention with its projections: output(softmax(Q K^T s + bias) V), Q = query(x), and K = key(y), V = value(y) of y = x or what
 * an encoder gave.
 */
final class MultiHeadAttention implements Module {
    private final Linear query;
    private final Linear key;
    private final Linear value;
    private final Linear output;
    private final FusedLinear projections;
    private final Attention attention;
    private final boolean scales;

    /**
     * Puts the parts together.
     *
     * @param scales whether s is 1 / sqrt(width of a head), as in Vaswani et al., 2017; otherwise it is 1, as in T5
     */
    MultiHeadAttention(Linear query, Linear key, Linear value, Linear output, Attention attention, boolean scales) {
        this.query = query;
        this.key = key;
        this.value = value;
        this.output = output;
        this.projections = new FusedLinear(query, key, value);
        this.attention = attention;
        this.scales = scales;
    }

    /**
     * Attends to the input itself.
     *
     * @param input (batch, length, width)
     * @param bias hides padding; null for none
     * @param positions added to the scores; null for none
     * @return (batch, length, width)
     */
    Tensor toItself(Tensor input, @Nullable Tensor bias, @Nullable Tensor positions, ForwardContext context) {
        final List<Tensor> all = projections.forward(input, context);
        final Tensor mixed = attention.forward(queries(all.get(0)), all.get(1), all.get(2), bias, positions, context);
        return output.forward(mixed, context);
    }

    /**
     * Attends to what an encoder gave, whose keys and values are computed once where passes continue one another.
     *
     * @param input (batch, length, width)
     * @param encoded (batch, source, width)
     * @param bias hides the source's padding; null for none
     * @return (batch, length, width)
     */
    Tensor toEncoded(Tensor input, Tensor encoded, @Nullable Tensor bias, ForwardContext context) {
        final KeysAndValues all =
                context.fixed(() -> new KeysAndValues(key.forward(encoded, context), value.forward(encoded, context)));
        final Tensor queries = queries(query.forward(input, context));
        return output.forward(attention.forward(queries, all.keys(), all.values(), bias, context), context);
    }

    /** What reads the same input where attention is to the input itself. */
    FusedLinear joint() {
        return projections;
    }

    /** Attention divides scores by the root of a head's width. */
    private Tensor queries(Tensor projected) {
        return scales
                ? projected
                : projected.mul(new Scalar(Math.sqrt((double) projected.size(2) / attention.heads())));
    }

    @Override
    public List<Parameter> parameters() {
        return Module.parametersOf(List.of(query, key, value, output));
    }
}
