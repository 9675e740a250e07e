package dev.finetune.vision.net;

import dev.finetune.nn.OperatorGraph;
import dev.finetune.nn.OperatorGraph.Value;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;

/** The mean over height and width: (batch, channels, height, width) becomes (batch, channels). */
final class AveragePool {
    private AveragePool() {}

    static Value draw(OperatorGraph graph, Value input) {
        return graph.operator("ReduceMean", input)
                .set("axes", new long[] {2, 3})
                .set("keepdims", 0)
                .value();
    }

    static Tensor of(Tensor input) {
        return input.mean(new long[] {2, 3}, false, new ScalarTypeOptional());
    }
}
