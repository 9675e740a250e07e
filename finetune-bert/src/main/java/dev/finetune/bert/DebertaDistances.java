package dev.finetune.bert;

import dev.finetune.nn.Batch;
import dev.finetune.nn.Dropout;
import dev.finetune.nn.Embedding;
import dev.finetune.nn.ForwardContext;
import dev.finetune.nn.LayerNorm;
import dev.finetune.nn.Module;
import dev.finetune.nn.Parameter;
import dev.finetune.nn.ParameterSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
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

    @Override
    public List<Parameter> parameters() {
        final List<Module> parts = new ArrayList<>();
        embeddings.ifPresent(parts::add);
        norm.ifPresent(parts::add);
        return Module.parametersOf(parts);
    }
}
