package dev.finetune.bert;

import dev.finetune.nn.Batch;
import dev.finetune.nn.Dropout;
import dev.finetune.nn.ForwardContext;
import dev.finetune.nn.Init;
import dev.finetune.nn.LayerNorm;
import dev.finetune.nn.Module;
import dev.finetune.nn.OperatorGraph;
import dev.finetune.nn.OperatorGraph.Value;
import dev.finetune.nn.Parameter;
import dev.finetune.nn.ParameterSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/** norm(layer + activation(drop(convolve(embeddings)))), 0 at padding, where the convolution gives 0, too. */
final class DebertaConvolution implements Module {
    private final DebertaSettings.Convolution settings;
    private final Parameter weight;
    private final Parameter bias;
    private final LayerNorm norm;
    private final Dropout dropout;

    DebertaConvolution(EncoderConfig config, DebertaSettings.Convolution settings, ParameterSource source) {
        final long hidden = config.hidden();
        this.settings = settings;
        this.weight = source.take("conv.weight", config.init(), hidden, hidden / settings.groups(), settings.width());
        this.bias = source.take("conv.bias", Init.ZEROS, hidden);
        this.norm = new LayerNorm(source.at("LayerNorm"), hidden, config.normEps());
        this.dropout = new Dropout(config.hiddenDropout());
    }

    /**
     * Joins a layer's output.
     *
     * @param embeddings the layer's input, (batch, length, hidden)
     * @param output the layer's output, of the same shape
     */
    Tensor forward(Tensor embeddings, Tensor output, Batch batch, ForwardContext context) {
        final Tensor convolved = torch.conv1d(
                        embeddings.transpose(1, 2).contiguous(),
                        weight.value(),
                        new TensorOptional(bias.value()),
                        new long[] {1},
                        new long[] {(settings.width() - 1) / 2},
                        new long[] {1},
                        settings.groups())
                .transpose(1, 2);
        final Optional<Tensor> shown = PaddingMask.shown(batch);
        final Tensor inside = shown.isPresent() ? convolved.mul(shown.get()) : convolved;
        final Tensor active = settings.activation().forward(dropout.forward(inside, context));
        final Tensor normed = norm.forward(output.add(active));
        return shown.isPresent() ? normed.mul(shown.get()) : normed;
    }

    /**
     * Draws it.
     *
     * @param graph where
     * @param embeddings the layer's input, (batch * length, hidden)
     * @param output the layer's output, of the same shape
     * @return of the same shape
     */
    Value draw(OperatorGraph graph, Value embeddings, Value output) {
        final long hidden = bias.count();
        final int padding = (settings.width() - 1) / 2;
        final Value channels = graph.transpose(graph.perRow(embeddings, -1, hidden), 0, 2, 1);
        final Value convolved = graph.operator("Conv", channels, graph.of(weight), graph.of(bias))
                .set("kernel_shape", new long[] {settings.width()})
                .set("pads", new long[] {padding, padding})
                .set("group", settings.groups())
                .value();
        final Value shown = PaddingMask.drawShown(graph);
        final Value rows = graph.reshape(graph.transpose(convolved, 0, 2, 1), -1, hidden);
        final Value active = settings.activation().draw(graph, graph.apply("Mul", rows, shown));
        return graph.apply("Mul", norm.draw(graph, graph.apply("Add", output, active)), shown);
    }

    @Override
    public List<Parameter> parameters() {
        final List<Parameter> all = new ArrayList<>(List.of(weight, bias));
        all.addAll(norm.parameters());
        return all;
    }
}
