package dev.finetune.vision.net;

import dev.finetune.nn.Batch;
import dev.finetune.nn.Dropout;
import dev.finetune.nn.ForwardContext;
import dev.finetune.nn.HeadModule;
import dev.finetune.nn.Init;
import dev.finetune.nn.Linear;
import dev.finetune.nn.OperatorGraph;
import dev.finetune.nn.OperatorGraph.Size;
import dev.finetune.nn.OperatorGraph.Value;
import dev.finetune.nn.Parameter;
import dev.finetune.nn.ParameterSource;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * The mean over all places, dropout, and a linear layer: "logits" is (batch, outputs); "pooled" (batch, features) is what
 * the layer reads.
 */
public final class LinearClassifier implements HeadModule {
    private final Linear linear;
    private final Dropout dropout;

    /**
     * A head that takes "weight" and "bias" from a source; they start as those of torch.nn.Linear.
     *
     * @param source where the parameters come from, by their names
     * @param features how many numbers it reads of each input
     * @param outputs how many logits
     * @param dropout its probability in training, from 0 to below 1
     */
    public LinearClassifier(ParameterSource source, long features, long outputs, double dropout) {
        this.linear = new Linear(source, features, outputs, new Init.Uniform(1 / Math.sqrt(features)));
        this.dropout = new Dropout(dropout);
    }

    @Override
    public Map<String, Tensor> forward(Tensor hidden, Batch batch, ForwardContext context) {
        final Tensor pooled = dropout.forward(AveragePool.of(hidden), context);
        return Map.of("logits", linear.forward(pooled, context), "pooled", pooled);
    }

    @Override
    public void draw(OperatorGraph graph, Value hidden) {
        final Value logits = linear.draw(graph, AveragePool.draw(graph, hidden));
        graph.output("logits", logits, Size.open("batch"), Size.fixed(linear.outputs()));
    }

    @Override
    public List<Parameter> parameters() {
        return linear.parameters();
    }
}
