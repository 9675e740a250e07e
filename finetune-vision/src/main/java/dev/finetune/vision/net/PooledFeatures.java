package dev.finetune.vision.net;

import dev.finetune.nn.Batch;
import dev.finetune.nn.ForwardContext;
import dev.finetune.nn.HeadModule;
import dev.finetune.nn.OperatorGraph;
import dev.finetune.nn.OperatorGraph.Size;
import dev.finetune.nn.OperatorGraph.Value;
import dev.finetune.nn.Parameter;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * One vector a picture, without parameters: "embeddings" (batch, channels) is the mean over all places.
 *
 * @param channels that the trunk gives
 */
public record PooledFeatures(long channels) implements HeadModule {
    @Override
    public Map<String, Tensor> forward(Tensor hidden, Batch batch, ForwardContext context) {
        return Map.of("embeddings", AveragePool.of(hidden));
    }

    @Override
    public void draw(OperatorGraph graph, Value hidden) {
        graph.output("embeddings", AveragePool.draw(graph, hidden), Size.open("batch"), Size.fixed(channels));
    }

    @Override
    public List<Parameter> parameters() {
        return List.of();
    }
}
