package dev.finetune.bert;

import dev.finetune.nn.Activation;
import dev.finetune.nn.OperatorGraph;
import dev.finetune.nn.OperatorGraph.Value;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;

/** Gated linear units (Dauphin et al., 2017; Shazeer, "GLU variants improve Transformer", 2020). */
final class Gated {
    private Gated() {}

    /** {@return activation(u) g, (..., width), of u and g that lie side by side: (..., 2 width)} */
    static Tensor forward(Activation activation, Tensor both) {
        final TensorVector parts = both.split(both.size(-1) / 2, -1);
        return activation.forward(parts.get(0)).mul(parts.get(1));
    }

    /** {@return the same, drawn, of rows} */
    static Value draw(OperatorGraph graph, Activation activation, Value both) {
        final List<Value> parts = graph.operator("Split", both).set("axis", 1).values(2);
        return graph.apply("Mul", activation.draw(graph, parts.get(0)), parts.get(1));
    }
}
