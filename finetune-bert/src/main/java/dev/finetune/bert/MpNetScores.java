package dev.finetune.bert;

import dev.finetune.batch.HostTensor;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import dev.finetune.nn.Batch;
import dev.finetune.nn.Embedding;
import dev.finetune.nn.ForwardContext;
import dev.finetune.nn.Module;
import dev.finetune.nn.OperatorGraph;
import dev.finetune.nn.OperatorGraph.Value;
import dev.finetune.nn.Parameter;
import dev.finetune.nn.ParameterSource;
import dev.finetune.nn.RelativeBuckets;
import dev.finetune.nn.TensorValues;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Tensor;

/**
 * {@code relative_attention_bias} (buckets, heads): one number a head for each of the {@link RelativeBuckets} of distances, up to
 * {@value #FARTHEST} on both sides.
 */
final class MpNetScores implements RelativeScores, Module {
    /** Into how many buckets distances are put, whatever the configuration says, as Transformers does it. */
    static final int BUCKETS = 32;

    private static final int FARTHEST = 128;
    private static final RelativeBuckets DISTANCES = new RelativeBuckets(true, BUCKETS, FARTHEST);

    private final Embedding table;

    /**
     * Takes the table from a source.
     *
     * @param rows of the table, at least {@link #BUCKETS}
     */
    MpNetScores(ParameterSource source, int rows, EncoderConfig config) {
        this.table = new Embedding(source.at("relative_attention_bias"), rows, config.heads(), -1, config.init());
    }

    @Override
    public Tensor forward(Batch batch, long length, ForwardContext context) {
        final Tensor buckets = batch.derived(
                        "mpnet_buckets." + length, () -> Optional.of(DISTANCES.of(length, length, batch.device())))
                .orElseThrow();
        return table.forward(buckets, context).permute(2, 0, 1).unsqueeze(0).contiguous();
    }

    @Override
    public Value draw(OperatorGraph graph) {
        final Value buckets = TextInputs.lookUp(graph, TextInputs.distances(graph), table());
        return graph.transpose(table.draw(graph, buckets), 2, 0, 1);
    }

    /** The bucket of each distance up to the farthest one that has a bucket of its own. */
    private static HostTensor.Longs table() {
        try (TensorScope scope = TensorScope.open()) {
            final long[] all = TensorValues.longs(DISTANCES.of(FARTHEST + 1, FARTHEST + 1, Tensors.cpu()));
            final long[] before = Arrays.copyOfRange(all, FARTHEST * (FARTHEST + 1), all.length);
            final long[] behind = Arrays.copyOfRange(all, 1, FARTHEST + 1);
            final long[] table = LongStream.concat(LongStream.of(before), LongStream.of(behind))
                    .toArray();
            return new HostTensor.Longs(table, table.length);
        }
    }

    @Override
    public List<Parameter> parameters() {
        return table.parameters();
    }
}
