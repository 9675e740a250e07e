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
import dev.finetune.nn.TensorValues;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * {@code relative_attention_bias} (buckets, heads): one number a head for each bucket of distances (Raffel et al., "T5",
 * 2020). Half of the buckets are for keys before the query, half for those behind it; near distances have a bucket each,
 * farther ones share them by their logarithm, up to {@value #FARTHEST}.
 */
final class MpNetScores implements RelativeScores, Module {
    /** Into how many buckets distances are put, whatever the configuration says, as Transformers does it. */
    static final int BUCKETS = 32;

    private static final int FARTHEST = 128;
    private static final int SIDE = BUCKETS / 2;
    private static final int NEAR = SIDE / 2;

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
        final Tensor buckets = batch.derived("mpnet_buckets", () -> Optional.of(buckets(length, batch.device())))
                .orElseThrow();
        return table.forward(buckets, context).permute(2, 0, 1).unsqueeze(0).contiguous();
    }

    /** (length, length): the bucket of each query and key. In float32, as the reference, since logarithms are cut off. */
    private static Tensor buckets(long length, Device device) {
        final Tensor places = torch.arange(new Scalar(length), new TensorOptions(ScalarType.Long));
        final Tensor behind = places.unsqueeze(0).sub(places.unsqueeze(1));
        final Tensor side = behind.gt(new Scalar(0)).to(ScalarType.Long).mul(new Scalar(SIDE));
        final Tensor distance = behind.abs();
        final Tensor far = torch.log(distance.to(ScalarType.Float).div(new Scalar(NEAR)))
                .div(new Scalar(Math.log((double) FARTHEST / NEAR)))
                .mul(new Scalar(SIDE - NEAR))
                .to(ScalarType.Long)
                .add(new Scalar(NEAR))
                .clamp_max(new Scalar(SIDE - 1));
        return torch.where(distance.lt(new Scalar(NEAR)), distance, far)
                .add(side)
                .to(device, ScalarType.Long);
    }

    @Override
    public Value draw(OperatorGraph graph) {
        final Value buckets = TextInputs.lookUp(graph, TextInputs.distances(graph), table());
        return graph.transpose(table.draw(graph, buckets), 2, 0, 1);
    }

    /** The bucket of each distance up to the farthest one that has a bucket of its own. */
    private static HostTensor.Longs table() {
        try (TensorScope scope = TensorScope.open()) {
            final long[] all = TensorValues.longs(buckets(FARTHEST + 1, Tensors.cpu()));
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
