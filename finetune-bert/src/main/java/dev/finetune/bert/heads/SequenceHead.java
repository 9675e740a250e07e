package dev.finetune.bert.heads;

import dev.finetune.nn.Activation;
import dev.finetune.nn.Batch;
import dev.finetune.nn.Dropout;
import dev.finetune.nn.ForwardContext;
import dev.finetune.nn.HeadModule;
import dev.finetune.nn.Init;
import dev.finetune.nn.Linear;
import dev.finetune.nn.Module;
import dev.finetune.nn.OperatorGraph;
import dev.finetune.nn.OperatorGraph.Size;
import dev.finetune.nn.OperatorGraph.Value;
import dev.finetune.nn.Parameter;
import dev.finetune.nn.ParameterSource;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * Classes or numbers from the first token: drop, dense, activation, drop, output. "logits" is (batch, outputs), and
 * "pooled" (batch, hidden) is what the output reads.
 *
 * <p>BERT calls the dense part the pooler; RoBERTa and ELECTRA drop out before it, too; DistilBERT calls it the
 * pre-classifier.
 */
public final class SequenceHead implements HeadModule {
    private final Dropout before;
    private final Linear dense;
    private final Activation activation;
    private final Dropout after;
    private final Linear output;

    /**
     * Takes the parameters of the dense part and of the output from a source.
     *
     * @param source where the parameters come from, by their names
     * @param layout what the family calls and does
     * @param hidden width of the encoder
     * @param outputs how many logits
     * @param init how parameters start that the checkpoint lacks
     */
    public SequenceHead(ParameterSource source, Layout layout, long hidden, long outputs, Init init) {
        this.before = new Dropout(layout.dropoutBefore());
        this.dense = new Linear(source.at(layout.dense()), hidden, hidden, init);
        this.activation = layout.activation();
        this.after = new Dropout(layout.dropoutAfter());
        this.output = new Linear(source.at(layout.output()), hidden, outputs, init);
    }

    @Override
    public Map<String, Tensor> forward(Tensor hidden, Batch batch, ForwardContext context) {
        final Tensor first = before.forward(hidden.select(1, 0), context);
        final Tensor pooled = after.forward(activation.forward(dense.forward(first, context)), context);
        return Map.of("logits", output.forward(pooled, context), "pooled", pooled);
    }

    @Override
    public void draw(OperatorGraph graph, Value hidden) {
        final Value first = graph.first(hidden, dense.outputs());
        final Value pooled = activation.draw(graph, dense.draw(graph, first));
        graph.output("logits", output.draw(graph, pooled), Size.open("batch"), Size.fixed(output.outputs()));
    }

    @Override
    public List<Parameter> parameters() {
        return Module.parametersOf(List.of(dense, output));
    }

    /**
     * What differs between families.
     *
     * @param dense name of the dense part
     * @param activation after the dense part
     * @param output name of the output
     * @param dropoutBefore probability before the dense part
     * @param dropoutAfter probability before the output
     */
    public record Layout(
            String dense, Activation activation, String output, double dropoutBefore, double dropoutAfter) {}
}
