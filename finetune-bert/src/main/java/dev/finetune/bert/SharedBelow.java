package dev.finetune.bert;

import dev.finetune.nn.Batch;
import dev.finetune.nn.ForwardContext;
import dev.finetune.nn.HiddenLayout;
import dev.finetune.nn.Module;
import dev.finetune.nn.OperatorGraph;
import dev.finetune.nn.OperatorGraph.Value;
import dev.finetune.nn.Parameter;
import dev.finetune.nn.Stage;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/**
 * Embeddings with what all layers read besides, such as embeddings of distances: it is frozen, and takes its learning rate,
 * as the embeddings do.
 *
 * @param embeddings the first stage
 * @param shared what the layers compute with
 */
record SharedBelow(Stage embeddings, List<Module> shared) implements Stage {
    @Override
    public String name() {
        return embeddings.name();
    }

    @Override
    public Tensor forward(Tensor input, Batch batch, ForwardContext context) {
        return embeddings.forward(input, batch, context);
    }

    @Override
    public Value draw(OperatorGraph graph, Value input) {
        return embeddings.draw(graph, input);
    }

    @Override
    public boolean canLeaveOutPadding() {
        return embeddings.canLeaveOutPadding();
    }

    @Override
    public Optional<HiddenLayout> layout() {
        return embeddings.layout();
    }

    @Override
    public List<Parameter> parameters() {
        final List<Module> parts = new ArrayList<>(List.of(embeddings));
        parts.addAll(shared);
        return Module.parametersOf(parts);
    }
}
