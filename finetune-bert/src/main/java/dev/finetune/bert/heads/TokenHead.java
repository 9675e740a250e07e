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

/** Classes for every token: drop, {@code classifier}. "logits" is (batch, length, outputs). */
public final class TokenHead implements HeadModule {
    /** What its layer is called. */
    public static final String OUTPUT = "classifier";

    private final Dropout dropout;
    private final Linear classifier;

    /**
     * Takes {@code classifier} from a source.
     *
     * @param source where the parameters come from, by their names
     * @param dropout its probability in training, from 0 to below 1
     * @param hidden width of the encoder
     * @param outputs how many logits
     * @param init how parameters start that the checkpoint lacks
     */
    public TokenHead(ParameterSource source, double dropout, long hidden, long outputs, Init init) {
        this.dropout = new Dropout(dropout);
        this.classifier = new Linear(source.at(OUTPUT), hidden, outputs, init);
    }

    @Override
    public Map<String, Tensor> forward(Tensor hidden, Batch batch, ForwardContext context) {
        return Map.of("logits", classifier.forward(dropout.forward(hidden, context), context));
    }

    @Override
    public void draw(OperatorGraph graph, Value hidden) {
        final long outputs = classifier.outputs();
        final Value logits = graph.perRow(classifier.draw(graph, hidden), -1, outputs);
        graph.output("logits", logits, Size.open("batch"), Size.open("length"), Size.fixed(outputs));
    }

    @Override
    public List<Parameter> parameters() {
        return classifier.parameters();
    }
}
