package dev.finetune.bert.heads;

import dev.finetune.head.Pooling;
import dev.finetune.nn.Batch;
import dev.finetune.nn.ForwardContext;
import dev.finetune.nn.HeadModule;
import dev.finetune.nn.OperatorGraph;
import dev.finetune.nn.OperatorGraph.Elements;
import dev.finetune.nn.OperatorGraph.Size;
import dev.finetune.nn.OperatorGraph.Value;
import dev.finetune.nn.Parameter;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * One vector an input, without parameters: "embeddings" is (batch, hidden). The mean is taken over the tokens that the
 * attention mask shows, special tokens included (Reimers and Gurevych, "Sentence-BERT", 2019).
 *
 * @param pooling mean or first token
 * @param width of the encoder
 */
public record PoolingHead(Pooling pooling, long width) implements HeadModule {
    /** What a row of padding alone is divided by, so that it is 0, as in sentence-transformers. */
    private static final double FEWEST = 1e-9;

    @Override
    public Map<String, Tensor> forward(Tensor hidden, Batch batch, ForwardContext context) {
        if (pooling == Pooling.CLS) {
            return Map.of("embeddings", hidden.select(1, 0));
        }
        final Tensor mask =
                batch.get("attention_mask").to(ScalarType.Float).unsqueeze(2).to(hidden.scalar_type());
        return Map.of("embeddings", hidden.mul(mask).sum(1).div(mask.sum(1).clamp_min(new Scalar(FEWEST))));
    }

    @Override
    public void draw(OperatorGraph graph, Value hidden) {
        graph.output("embeddings", pooled(graph, hidden), Size.open("batch"), Size.fixed(width));
    }

    /** (batch, width). */
    Value pooled(OperatorGraph graph, Value hidden) {
        if (pooling == Pooling.CLS) {
            return graph.first(hidden, width);
        }
        final Value ids = graph.input("attention_mask", Elements.LONG, Size.open("batch"), Size.open("length"));
        final Value mask = graph.cast(graph.apply("Unsqueeze", ids, graph.wholes(2)), Elements.FLOAT);
        final Value shown = graph.apply("Mul", graph.perRow(hidden, -1, width), mask);
        return graph.apply("Div", sum(graph, shown), graph.apply("Max", sum(graph, mask), graph.number(FEWEST)));
    }

    private static Value sum(OperatorGraph graph, Value tokens) {
        return graph.operator("ReduceSum", tokens, graph.wholes(1))
                .set("keepdims", 0)
                .value();
    }

    @Override
    public List<Parameter> parameters() {
        return List.of();
    }
}
