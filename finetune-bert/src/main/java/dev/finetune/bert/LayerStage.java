package dev.finetune.bert;

import dev.finetune.nn.Batch;
import dev.finetune.nn.ForwardContext;
import dev.finetune.nn.FusedLinear;
import dev.finetune.nn.HiddenLayout;
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
 * A layer in its place: (batch, length, hidden) to the same. The last one may compute the first token alone, (batch, 1,
 * hidden), where nothing else is read of it: nearly all of its products are then left out.
 *
 * @param index counted from 0
 * @param layer its parameters, which other stages may share
 * @param relative what its attention adds to scores by where query and key stand
 * @param firstAlone whether to compute the first token alone
 * @param first whether no stage before it computes with the same layer
 */
record LayerStage(int index, EncoderLayer layer, Optional<RelativeScores> relative, boolean firstAlone, boolean first)
        implements Stage {
    /** The embeddings and, on them, a layer for each that the configuration says, with parameters of its own. */
    static List<Stage> below(
            Stage embeddings,
            EncoderConfig config,
            ParameterSource encoder,
            Optional<RelativeScores> relative,
            boolean firstAlone) {
        final double both = config.hiddenDropout();
        return below(embeddings, config, encoder, relative, firstAlone, new EncoderLayer.Dropouts(both, both));
    }

    /** The same where a family drops elsewhere. */
    static List<Stage> below(
            Stage embeddings,
            EncoderConfig config,
            ParameterSource encoder,
            Optional<RelativeScores> relative,
            boolean firstAlone,
            EncoderLayer.Dropouts dropouts) {
        final List<Stage> stages = new ArrayList<>(List.of(embeddings));
        for (int i = 0; i < config.layers(); i++) {
            final ParameterSource source = encoder.at(config.names().layer().replace("%d", Integer.toString(i)));
            final EncoderLayer layer = new EncoderLayer(config, source, dropouts);
            stages.add(new LayerStage(i, layer, relative, firstAlone && i == config.layers() - 1, true));
        }
        return stages;
    }

    @Override
    public String name() {
        return "layer." + index;
    }

    @Override
    public Tensor forward(Tensor input, Batch batch, ForwardContext context) {
        return layer.forward(input, firstAlone, relative, batch, context);
    }

    @Override
    public Value draw(OperatorGraph graph, Value input) {
        return layer.draw(graph, input, firstAlone, relative);
    }

    @Override
    public List<FusedLinear> joint() {
        return firstAlone || !first ? List.of() : List.of(layer.joint());
    }

    @Override
    public boolean canLeaveOutPadding() {
        return true;
    }

    @Override
    public Optional<HiddenLayout> layout() {
        return Optional.of(firstAlone ? HiddenLayout.WHOLE : HiddenLayout.positions("attention_mask"));
    }

    @Override
    public List<Parameter> parameters() {
        return layer.parameters();
    }
}
