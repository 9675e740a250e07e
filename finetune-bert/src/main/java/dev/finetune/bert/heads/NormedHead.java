package dev.finetune.bert.heads;

import dev.finetune.head.Pooling;
import dev.finetune.nn.Activation;
import dev.finetune.nn.Batch;
import dev.finetune.nn.Dropout;
import dev.finetune.nn.ForwardContext;
import dev.finetune.nn.HeadModule;
import dev.finetune.nn.LayerNorm;
import dev.finetune.nn.Linear;
import dev.finetune.nn.Module;
import dev.finetune.nn.OperatorGraph;
import dev.finetune.nn.OperatorGraph.Size;
import dev.finetune.nn.OperatorGraph.Value;
import dev.finetune.nn.Parameter;
import dev.finetune.task.Outputs;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * Dense, activation, norm, drop, output: ModernBERT's head, for whole inputs, tokens and answers alike. "logits" is (batch,
 * outputs), for tokens (batch, length, outputs); "start_logits" and "end_logits" are (batch, length). "pooled" (batch, hidden) is
 * what the output reads of a whole input.
 */
public final class NormedHead implements HeadModule {
    private final Reads reads;
    private final Linear dense;
    private final Activation activation;
    private final LayerNorm norm;
    private final Dropout dropout;
    private final Linear output;

    /** What a head reads. */
    public enum Reads {
        /** The first token. */
        FIRST,
        /** The mean of the tokens that the attention mask shows. */
        MEAN,
        /** Each token. */
        TOKENS,
        /** Each token, to tell where an answer starts and ends. */
        SPANS
    }

    /**
     * Puts the parts together.
     *
     * @param reads what the head reads
     * @param dense from hidden to hidden width
     * @param activation after it
     * @param norm after the activation
     * @param dropout its probability before the output in training
     * @param output from hidden width to the outputs
     */
    public NormedHead(Reads reads, Linear dense, Activation activation, LayerNorm norm, double dropout, Linear output) {
        this.reads = reads;
        this.dense = dense;
        this.activation = activation;
        this.norm = norm;
        this.dropout = new Dropout(dropout);
        this.output = output;
    }

    @Override
    public Map<String, Tensor> forward(Tensor hidden, Batch batch, ForwardContext context) {
        final Tensor normed = norm.forward(activation.forward(dense.forward(read(hidden, batch, context), context)));
        final Tensor dropped = dropout.forward(normed, context);
        final Tensor logits = output.forward(dropped, context);
        return switch (reads) {
            case FIRST, MEAN -> Map.of("logits", logits, "pooled", dropped);
            case TOKENS -> Map.of("logits", logits);
            case SPANS -> Map.of("start_logits", logits.select(2, 0), "end_logits", logits.select(2, 1));
        };
    }

    @Override
    public void draw(OperatorGraph graph, Value hidden) {
        final long width = dense.outputs();
        final Value read = switch (reads) {
            case FIRST -> graph.first(hidden, width);
            case MEAN -> new PoolingHead(Pooling.MEAN, width).pooled(graph, hidden);
            case TOKENS, SPANS -> hidden;
        };
        final Value normed = norm.draw(graph, activation.draw(graph, dense.draw(graph, read)));
        final Size outputs = Size.fixed(output.outputs());
        switch (reads) {
            case FIRST, MEAN -> graph.output("logits", output.draw(graph, normed), Size.open("batch"), outputs);
            case TOKENS ->
                graph.output(
                        "logits",
                        graph.perRow(output.draw(graph, normed), -1, output.outputs()),
                        Size.open("batch"),
                        Size.open("length"),
                        outputs);
            case SPANS -> SpanHead.draw(graph, output, normed);
        }
    }

    private Tensor read(Tensor hidden, Batch batch, ForwardContext context) {
        return switch (reads) {
            case FIRST -> hidden.select(1, 0);
            case MEAN ->
                Outputs.named(
                        new PoolingHead(Pooling.MEAN, dense.outputs()).forward(hidden, batch, context), "embeddings");
            case TOKENS, SPANS -> hidden;
        };
    }

    /** As {@link SpanHead#readsPadding}. */
    @Override
    public boolean readsPadding() {
        return reads == Reads.SPANS;
    }

    @Override
    public List<Parameter> parameters() {
        return Module.parametersOf(List.of(dense, norm, output));
    }
}
