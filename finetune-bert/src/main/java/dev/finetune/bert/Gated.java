package dev.finetune.bert;

import dev.finetune.nn.Activation;
import dev.finetune.nn.OperatorGraph;
import dev.finetune.nn.OperatorGraph.Value;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/** Gated linear units (Dauphin et al., 2017; Shazeer, "GLU variants improve Transformer", 2020). */
final class Gated {
    private Gated() {}

    /** {@return activation(u) g, (..., width), of u and g that lie side by side: (..., 2 width)} */
    static Tensor forward(Activation activation, Tensor both) {
        final long width = both.size(-1) / 2;
        return activation.forward(both.narrow(-1, 0, width)).mul(both.narrow(-1, width, width));
    }

    /** {@return the same, drawn, of rows} */
    static Value draw(OperatorGraph graph, Activation activation, Value both) {
        final List<Value> parts = graph.operator("Split", both).set("axis", 1).values(2);
        return graph.apply("Mul", activation.draw(graph, parts.get(0)), parts.get(1));
    }
}
