package dev.finetune.bert;

import dev.finetune.batch.HostTensor;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import dev.finetune.nn.Batch;
import dev.finetune.nn.Dropout;
import dev.finetune.nn.Embedding;
import dev.finetune.nn.ForwardContext;
import dev.finetune.nn.LayerNorm;
import dev.finetune.nn.Module;
import dev.finetune.nn.OperatorGraph;
import dev.finetune.nn.OperatorGraph.Value;
import dev.finetune.nn.Parameter;
import dev.finetune.nn.ParameterSource;
import dev.finetune.nn.TensorValues;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The embeddings of distances, {@code rel_embeddings} (2 span, hidden), which all layers share and each drops out and projects
 * for itself. Near distances have one each; with buckets, farther ones share them by their logarithm.
 */
final class DebertaDistances implements Module {
    private final DebertaSettings settings;
    private final Optional<Embedding> embeddings;
    private final Optional<LayerNorm> norm;
    private final Dropout dropout;

    /**
     * Takes the embeddings and their norm from a source.
     *
     * @param source of what is the encoder's and no layer's
     */
    DebertaDistances(EncoderConfig config, DebertaSettings settings, ParameterSource source) {
        this.settings = settings;
        this.embeddings = settings.relative()
                ? Optional.of(new Embedding(
                        source.at("rel_embeddings"), 2L * settings.span(), config.hidden(), -1, config.init()))
                : Optional.empty();
        this.norm = settings.normedDistances()
                ? Optional.of(new LayerNorm(source.at("LayerNorm"), config.hidden(), config.normEps()))
                : Optional.empty();
        this.dropout = new Dropout(config.hiddenDropout());
    }

    /** (2 span, hidden): all embeddings, in the current scope; only where there are any. */
    Tensor forward(Batch batch, ForwardContext context) {
        final Tensor all = batch.derived("all_distances", () -> {
                    final Tensor places =
                            torch.arange(new Scalar(2L * settings.span()), new TensorOptions(ScalarType.Long));
                    return Optional.of(places.to(batch.device(), ScalarType.Long));
                })
                .orElseThrow();
        final Tensor rows = embeddings.orElseThrow().forward(all, context);
        return dropout.forward(norm.isPresent() ? norm.get().forward(rows) : rows, context);
    }

    /**
     * (2 length - 1): which embedding stands for query minus key, from length - 1 down to 1 - length; borrowed.
     *
     * @param length of the batch's rows
     */
    Tensor rows(Batch batch, long length) {
        return batch.derived("distance_rows", () -> Optional.of(rows(length, batch.device())))
                .orElseThrow();
    }

    private Tensor rows(long length, Device device) {
        final Tensor distances = torch.arange(
                new Scalar(length - 1), new Scalar(-length), new Scalar(-1L), new TensorOptions(ScalarType.Long));
        final Tensor buckets = settings.buckets() > 0 ? bucketed(distances) : distances;
        return buckets.add(new Scalar((long) settings.span()))
                .clamp(new ScalarOptional(new Scalar(0L)), new ScalarOptional(new Scalar(2L * settings.span() - 1)))
                .to(device, ScalarType.Long);
    }

    /** In float32, as the reference, since logarithms are rounded up. */
    private Tensor bucketed(Tensor distances) {
        final long middle = settings.buckets() / 2;
        final Tensor far = distances.abs().to(ScalarType.Float);
        final Tensor widest = torch.tensor((float) ((settings.farthest() - 1) / (double) middle));
        final Tensor places = far.clamp_min(new Scalar((double) Math.max(1, middle - 1)))
                .div(new Scalar((double) middle))
                .log()
                .div(widest.log())
                .mul(new Scalar((double) (middle - 1)))
                .ceil()
                .add(new Scalar((double) middle))
                .mul(distances.sign().to(ScalarType.Float));
        return torch.where(distances.abs().le(new Scalar(middle)), distances, places.to(ScalarType.Long));
    }

    /** All embeddings, normed where they are, as {@link #forward} gives them: (2 span, hidden). */
    Value draw(OperatorGraph graph) {
        return graph.derived("distance_embeddings", () -> {
            final Value rows = graph.of(embeddings.orElseThrow().weight());
            return norm.map(each -> each.draw(graph, rows)).orElse(rows);
        });
    }

    /** As {@link #rows}, and one distance more: from length - 1 down to -length. */
    Value drawFalling(OperatorGraph graph) {
        return graph.derived("falling_distances", () -> {
            final Value length = TextInputs.lengthAlone(graph);
            final Value from = graph.apply("Sub", length, graph.whole(1));
            final Value to = graph.apply("Sub", graph.whole(-1), length);
            return TextInputs.lookUp(graph, graph.apply("Range", from, to, graph.whole(-1)), table());
        });
    }

    /** The other way round: from 1 - length up to length. */
    Value drawRising(OperatorGraph graph) {
        return graph.derived("rising_distances", () -> {
            final Value length = TextInputs.lengthAlone(graph);
            final Value from = graph.apply("Sub", graph.whole(1), length);
            final Value to = graph.apply("Add", length, graph.whole(1));
            return TextInputs.lookUp(graph, graph.apply("Range", from, to, graph.whole(1)), table());
        });
    }

    /** The embedding of each distance, from the lowest up to the highest: those beyond have the same as these. */
    private HostTensor.Longs table() {
        try (TensorScope scope = TensorScope.open()) {
            final long farthest = 2L * Math.max(settings.span(), settings.farthest());
            final long[] falling = TensorValues.longs(rows(farthest + 1, Tensors.cpu()));
            final long[] rising = IntStream.rangeClosed(1, falling.length)
                    .mapToLong(i -> falling[falling.length - i])
                    .toArray();
            return new HostTensor.Longs(rising, rising.length);
        }
    }

    @Override
    public List<Parameter> parameters() {
        final List<Module> parts = new ArrayList<>();
        embeddings.ifPresent(parts::add);
        norm.ifPresent(parts::add);
        return Module.parametersOf(parts);
    }
}
