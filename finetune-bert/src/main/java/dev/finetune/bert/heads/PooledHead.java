package dev.finetune.bert.heads;

import dev.finetune.head.Pooling;
import dev.finetune.nn.Batch;
import dev.finetune.nn.Dropout;
import dev.finetune.nn.ForwardContext;
import dev.finetune.nn.HeadModule;
import dev.finetune.nn.Linear;
import dev.finetune.nn.OperatorGraph;
import dev.finetune.nn.OperatorGraph.Size;
import dev.finetune.nn.OperatorGraph.Value;
import dev.finetune.nn.Parameter;
import dev.finetune.task.Outputs;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * Classes or numbers from an input's pooled vector itself: drop, output. "logits" is (batch, outputs), and "pooled" (batch,
 * hidden) is what the output reads (Tunstall et al., "Efficient few-shot learning without prompts", 2022).
 */
public final class PooledHead implements HeadModule {
    private final PoolingHead pooling;
    private final Dropout dropout;
    private final Linear output;

    /**
     * Puts the parts together.
     *
     * @param pooling mean or first token
     * @param width of the encoder
     * @param dropout its probability before the output in training
     * @param output from the encoder's width to the outputs
     */
    public PooledHead(Pooling pooling, long width, double dropout, Linear output) {
        this.pooling = new PoolingHead(pooling, width);
        this.dropout = new Dropout(dropout);
        this.output = output;
    }

    @Override
    public Map<String, Tensor> forward(Tensor hidden, Batch batch, ForwardContext context) {
        final Tensor vector = Outputs.named(pooling.forward(hidden, batch, context), "embeddings");
        final Tensor pooled = dropout.forward(vector, context);
        return Map.of("logits", output.forward(pooled, context), "pooled", pooled);
    }

    @Override
    public void draw(OperatorGraph graph, Value hidden) {
        final Value pooled = pooling.pooled(graph, hidden);
        graph.output("logits", output.draw(graph, pooled), Size.open("batch"), Size.fixed(output.outputs()));
    }

    @Override
    public List<Parameter> parameters() {
        return output.parameters();
    }
}
