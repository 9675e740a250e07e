package dev.finetune.bert;

import dev.finetune.nn.Batch;
import dev.finetune.nn.Dropout;
import dev.finetune.nn.ForwardContext;
import dev.finetune.nn.HiddenLayout;
import dev.finetune.nn.LayerNorm;
import dev.finetune.nn.Linear;
import dev.finetune.nn.Module;
import dev.finetune.nn.OperatorGraph;
import dev.finetune.nn.OperatorGraph.Value;
import dev.finetune.nn.Parameter;
import dev.finetune.nn.ParameterSource;
import dev.finetune.nn.Stage;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/**
 * One layer of DeBERTa: as BERT's, with disentangled attention; in larger models the first one is joined by a convolution of its
 * input. (batch, length, hidden) to the same.
 */
final class DebertaLayer implements Stage {
    private final String name;
    private final EncoderConfig config;
    private final boolean firstAlone;
    private final DebertaAttention attention;
    private final Linear attentionOutput;
    private final LayerNorm attentionNorm;
    private final Linear up;
    private final Linear down;
    private final LayerNorm outputNorm;
    private final Dropout dropout;
    private final Optional<DebertaConvolution> convolution;

    /**
     * Takes a layer's parameters from a source.
     *
     * @param encoder what all layers are below
     * @param firstAlone whether nothing but the first token is read of the layer
     */
    DebertaLayer(
            EncoderConfig config,
            DebertaSettings settings,
            DebertaDistances distances,
            ParameterSource encoder,
            int index,
            boolean firstAlone) {
        final ParameterSource source = encoder.at("layer." + index);
        final long hidden = config.hidden();
        this.name = "layer." + index;
        this.config = config;
        this.convolution = index == 0
                ? settings.convolution().map(it -> new DebertaConvolution(config, it, encoder.at("conv")))
                : Optional.empty();
        this.firstAlone = firstAlone && convolution.isEmpty();
        this.attention = new DebertaAttention(config, settings, distances, source.at("attention.self"));
        this.attentionOutput = new Linear(source.at("attention.output.dense"), hidden, hidden, config.init());
        this.attentionNorm = new LayerNorm(source.at("attention.output.LayerNorm"), hidden, config.normEps());
        this.up = new Linear(source.at("intermediate.dense"), hidden, config.intermediate(), config.init());
        this.down = new Linear(source.at("output.dense"), config.intermediate(), hidden, config.init());
        this.outputNorm = new LayerNorm(source.at("output.LayerNorm"), hidden, config.normEps());
        this.dropout = new Dropout(config.hiddenDropout());
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Tensor forward(Tensor input, Batch batch, ForwardContext context) {
        final Tensor read = firstAlone ? input.narrow(1, 0, 1) : input;
        final Tensor mixed = attention.forward(input, firstAlone, batch, context);
        final Tensor attended = dropout.forward(attentionOutput.forward(mixed, context), context);
        final Tensor middle = attentionNorm.forward(attended.add(read));
        final Tensor wide = up.forward(middle, context);
        final Tensor narrow = dropout.forward(down.forward(config.activation(), wide, context), context);
        final Tensor output = outputNorm.forward(narrow.add(middle));
        return convolution.isPresent() ? convolution.get().forward(input, output, batch, context) : output;
    }

    /** Computes all tokens, also where the first alone is read. */
    @Override
    public Value draw(OperatorGraph graph, Value input) {
        final Value attended = attentionOutput.draw(graph, attention.draw(graph, input));
        final Value middle = attentionNorm.draw(graph, graph.apply("Add", attended, input));
        final Value narrow = down.draw(graph, config.activation().draw(graph, up.draw(graph, middle)));
        final Value output = outputNorm.draw(graph, graph.apply("Add", narrow, middle));
        return convolution.map(each -> each.draw(graph, input, output)).orElse(output);
    }

    @Override
    public Optional<HiddenLayout> layout() {
        return Optional.of(firstAlone ? HiddenLayout.WHOLE : HiddenLayout.positions("attention_mask"));
    }

    @Override
    public List<Parameter> parameters() {
        final List<Module> parts =
                new ArrayList<>(List.of(attention, attentionOutput, attentionNorm, up, down, outputNorm));
        convolution.ifPresent(parts::add);
        return Module.parametersOf(parts);
    }
}
