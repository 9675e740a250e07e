package dev.finetune.onnx;

import dev.finetune.batch.HostBatch;
import dev.finetune.batch.HostTensor;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import dev.finetune.nn.Activation;
import dev.finetune.nn.Batch;
import dev.finetune.nn.ForwardContext;
import dev.finetune.nn.HeadModule;
import dev.finetune.nn.Network;
import dev.finetune.nn.OperatorGraph;
import dev.finetune.nn.OperatorGraph.Elements;
import dev.finetune.nn.OperatorGraph.Size;
import dev.finetune.nn.OperatorGraph.Value;
import dev.finetune.nn.Parameter;
import dev.finetune.nn.Stage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every activation computes in ONNX Runtime what it computes here. */
class ActivationsTest {
    private static final int COUNT = 481;

    @TempDir
    private Path folder;

    private record Applied(Activation activation) implements Stage {
        @Override
        public String name() {
            return "applied";
        }

        @Override
        public Tensor forward(Tensor input, Batch batch, ForwardContext context) {
            return activation.forward(batch.get("x"));
        }

        @Override
        public Value draw(OperatorGraph graph, Value input) {
            return activation.draw(graph, graph.input("x", Elements.FLOAT, Size.fixed(COUNT)));
        }

        @Override
        public List<Parameter> parameters() {
            return List.of();
        }
    }

    private record Given() implements HeadModule {
        @Override
        public Map<String, Tensor> forward(Tensor hidden, Batch batch, ForwardContext context) {
            return Map.of("y", hidden.add(hidden));
        }

        @Override
        public void draw(OperatorGraph graph, Value hidden) {
            graph.output("y", graph.apply("Add", hidden, hidden), Size.fixed(COUNT));
        }

        @Override
        public List<Parameter> parameters() {
            return List.of();
        }
    }

    @ParameterizedTest
    @EnumSource
    void computesTheSame(Activation activation) throws IOException {
        final float[] numbers = new float[COUNT];
        for (int i = 0; i < COUNT; i++) {
            numbers[i] = (i - COUNT / 2) / 20f;
        }
        final Map<String, HostTensor> columns = Map.of("x", new HostTensor.Floats(numbers, COUNT));
        try (Network network = new Network(List.of(new Applied(activation)), new Given());
                TensorScope scope = TensorScope.open();
                Batch batch = new Batch(new HostBatch(columns, List.of()), Tensors.cpu())) {
            final Tensor ours =
                    network.forward(batch, ForwardContext.evaluating()).get("y");
            new OnnxFiles().write(folder, network.draw(Set.of("x")), Map.of());
            try (OnnxRuntime runtime = OnnxRuntime.open(folder)) {
                Models.assertSame(Map.of("y", Tensors.floats(ours)), runtime.run(columns));
            }
        }
    }
}
