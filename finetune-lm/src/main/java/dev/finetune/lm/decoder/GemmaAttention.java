package dev.finetune.lm.decoder;

import dev.finetune.internal.torch.Autocast;
import dev.finetune.nn.Attention;
import dev.finetune.nn.Batch;
import dev.finetune.nn.CappedAttention;
import dev.finetune.nn.Dropout;
import dev.finetune.nn.ForwardContext;
import dev.finetune.nn.Linear;
import dev.finetune.nn.Module;
import dev.finetune.nn.Parameter;
import dev.finetune.nn.ParameterSource;
import dev.finetune.nn.RmsNorm;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * Gemma's attention, its output layer included: (batch, length, width) to the same. Padding that sees nothing at all gets zeros, and
 * where scores are capped the mean of all values, as in Transformers' "sdpa" and "eager" attention.
 */
final class GemmaAttention implements Module {
    private final GemmaConfig config;
    private final GemmaConfig.Look look;
    private final Linear query;
    private final Linear key;
    private final Linear value;
    private final Linear output;
    private final Optional<RmsNorm> queryNorm;
    private final Optional<RmsNorm> keyNorm;
    private final Attends attends;

    /** Attention with or without a cap. */
    private interface Attends {
        Tensor forward(Tensor query, Tensor key, Tensor value, @Nullable Tensor mask, ForwardContext context);
    }

    GemmaAttention(GemmaConfig config, GemmaConfig.Look look, ParameterSource source) {
        final int width = config.width();
        final long wide = (long) config.heads() * config.headSize();
        final long narrow = (long) config.keyHeads() * config.headSize();
        this.config = config;
        this.look = look;
        this.query = new Linear(source.at("q_proj"), width, wide, config.init(), config.biased());
        this.key = new Linear(source.at("k_proj"), width, narrow, config.init(), config.biased());
        this.value = new Linear(source.at("v_proj"), width, narrow, config.init(), config.biased());
        this.output = new Linear(source.at("o_proj"), wide, width, config.init(), config.biased());
        this.queryNorm = headNorm(source.at("q_norm"));
        this.keyNorm = headNorm(source.at("k_norm"));
        this.attends = attends(new Dropout(config.attentionDropout()));
    }

    private Optional<RmsNorm> headNorm(ParameterSource source) {
        return config.headNorms()
                ? Optional.of(RmsNorm.aroundOne(source, config.headSize(), config.normEps()))
                : Optional.empty();
    }

    private Attends attends(Dropout dropout) {
        if (config.attentionCap().isPresent()) {
            return new CappedAttention(
                    config.heads(),
                    config.keyHeads(),
                    config.queryScale(),
                    config.attentionCap().getAsDouble(),
                    dropout)::forward;
        }
        final Attention plain = new Attention(config.heads(), config.keyHeads(), dropout, true);
        final double more = config.queryScale() * Math.sqrt(config.headSize());
        return Math.abs(more - 1) < 1e-12
                ? plain::forward
                : (queries, keys, values, mask, context) -> {
                    if (queries.scalar_type().intern() == ScalarType.Float || Autocast.isOnFor(queries)) {
                        return plain.forward(queries.mul(new Scalar(more)), keys, values, mask, context);
                    }
                    // Scores are scaled as floats.
                    final Tensor scaled = queries.to(ScalarType.Float).mul(new Scalar(more));
                    return plain.forward(scaled, keys.to(ScalarType.Float), values.to(ScalarType.Float), mask, context)
                            .to(queries.scalar_type());
                };
    }

    Stream<Linear> matrices() {
        return Stream.of(query, key, value, output);
    }

    boolean canEndRowsApart() {
        return !look.rotary().changesWithLength();
    }

    Tensor forward(Tensor input, Batch batch, ForwardContext context) {
        final Tensor queries = compared(query.forward(input, context), queryNorm, config.heads(), batch, context);
        final Tensor keys = compared(key.forward(input, context), keyNorm, config.keyHeads(), batch, context);
        final Tensor mask = CausalMask.of(batch, look.window(), context).orElse(null);
        final Tensor mixed = attends.forward(queries, keys, value.forward(input, context), mask, context);
        return output.forward(
                config.attentionCap().isPresent() ? mixed : CausalMask.unseen(mixed, batch, look.window(), context),
                context);
    }

    /** Queries or keys: normed head by head where the family does so, and turned. */
    private Tensor compared(Tensor wide, Optional<RmsNorm> headNorm, int heads, Batch batch, ForwardContext context) {
        final Tensor normed = headNorm.map(
                        each -> each.forward(wide.view(wide.size(0), wide.size(1), heads, config.headSize()))
                                .view(wide.size(0), wide.size(1), wide.size(2)))
                .orElse(wide);
        return look.rotary().turn(normed, heads, batch, context);
    }

    @Override
    public List<Parameter> parameters() {
        final List<Module> parts = new ArrayList<>(List.of(query, key, value, output));
        queryNorm.ifPresent(parts::add);
        keyNorm.ifPresent(parts::add);
        return Module.parametersOf(parts);
    }
}
