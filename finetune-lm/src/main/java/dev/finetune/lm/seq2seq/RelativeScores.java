package dev.finetune.lm.seq2seq;

import dev.finetune.nn.Batch;
import dev.finetune.nn.Embedding;
import dev.finetune.nn.ForwardContext;
import dev.finetune.nn.Module;
import dev.finetune.nn.Parameter;
import dev.finetune.nn.ParameterSource;
import dev.finetune.nn.RelativeBuckets;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/** {@code relative_attention_bias} (buckets, heads): one number a head for each bucket of distances. */
final class RelativeScores implements Module {
    private final Side side;
    private final RelativeBuckets distances;
    private final Embedding table;

    /** Takes the table of a side from the source of all parameters: it lies in the first layer. */
    RelativeScores(Side side, T5Config config, ParameterSource source) {
        this.side = side;
        this.distances = config.distances(side == Side.DECODER);
        this.table = new Embedding(
                source.at(side.prefix() + ".block.0.layer.0.SelfAttention.relative_attention_bias"),
                config.buckets(),
                config.heads(),
                -1,
                config.init(config.hidden()));
    }

    /** What attention adds to its scores, (1, heads, queries, keys): the keys are those of earlier passes, too. */
    Tensor forward(long queries, Batch batch, ForwardContext context) {
        final Tensor buckets = batch.derived(
                        "t5_buckets." + side.prefix(),
                        () -> Optional.of(distances.of(queries, context.past() + queries, batch.device())))
                .orElseThrow();
        return table.forward(buckets, context).permute(2, 0, 1).unsqueeze(0).contiguous();
    }

    @Override
    public List<Parameter> parameters() {
        return table.parameters();
    }
}
