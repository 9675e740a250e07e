package dev.finetune.bert.heads;

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

/** Start and end of an answer: {@code qa_outputs}. "start_logits" and "end_logits" are (batch, length). */
public final class SpanHead implements HeadModule {
    private final Dropout dropout;
    private final Linear outputs;

    /**
     * Takes {@code qa_outputs} from a source.
     *
     * @param source where the parameters come from, by their names
     * @param dropout its probability in training, from 0 to below 1
     * @param hidden width of the encoder
     * @param init how parameters start that the checkpoint lacks
     */
    public SpanHead(ParameterSource source, double dropout, long hidden, Init init) {
        this.dropout = new Dropout(dropout);
        this.outputs = new Linear(source.at("qa_outputs"), hidden, 2, init);
    }

    @Override
    public Map<String, Tensor> forward(Tensor hidden, Batch batch, ForwardContext context) {
        final Tensor both = outputs.forward(dropout.forward(hidden, context), context);
        return Map.of("start_logits", both.select(2, 0), "end_logits", both.select(2, 1));
    }

    @Override
    public void draw(OperatorGraph graph, Value hidden) {
        draw(graph, outputs, hidden);
    }

    /** Draws starts and ends. */
    static void draw(OperatorGraph graph, Linear outputs, Value hidden) {
        final List<Value> both = graph.operator("Split", outputs.draw(graph, hidden))
                .set("axis", 1)
                .values(2);
        for (int i = 0; i < 2; i++) {
            final Value logits = graph.perRow(both.get(i), -1);
            graph.output(i == 0 ? "start_logits" : "end_logits", logits, Size.open("batch"), Size.open("length"));
        }
    }

    /** The loss is a softmax over all positions of the batch, padding included, as Transformers computes it. */
    @Override
    public boolean readsPadding() {
        return true;
    }

    @Override
    public List<Parameter> parameters() {
        return outputs.parameters();
    }
}
