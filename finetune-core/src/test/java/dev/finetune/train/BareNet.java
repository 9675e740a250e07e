package dev.finetune.train;

import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import dev.finetune.nn.Batch;
import dev.finetune.nn.Buffer;
import dev.finetune.nn.ForwardContext;
import dev.finetune.nn.HeadModule;
import dev.finetune.nn.Network;
import dev.finetune.nn.Parameter;
import dev.finetune.nn.Stage;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/** Networks that hold parameters and buffers and compute nothing. */
final class BareNet {
    private BareNet() {}

    static Parameter parameter(String name, float... values) {
        try (TensorScope scope = TensorScope.open()) {
            return new Parameter(name, Tensors.own(Tensors.of(values, values.length)), false);
        }
    }

    static Buffer buffer(String name, float... values) {
        try (TensorScope scope = TensorScope.open()) {
            return new Buffer(name, Tensors.own(Tensors.of(values, values.length)));
        }
    }

    static Buffer counter(String name, long value) {
        try (TensorScope scope = TensorScope.open()) {
            return new Buffer(name, Tensors.own(Tensors.of(new long[] {value}, 1)));
        }
    }

    /** A stage per list of parameters, the last list the head's; all buffers are in the head. */
    static Network of(List<List<Parameter>> parts, Buffer... buffers) {
        final List<Stage> stages = new ArrayList<>();
        for (List<Parameter> parameters : parts.subList(0, parts.size() - 1)) {
            stages.add(new BareStage(parameters));
        }
        return new Network(stages, new BareHead(parts.get(parts.size() - 1), List.of(buffers)));
    }

    private record BareStage(List<Parameter> parameters) implements Stage {
        @Override
        public String name() {
            return "stage of " + parameters.size();
        }

        @Override
        public Tensor forward(Tensor input, Batch batch, ForwardContext context) {
            return input;
        }
    }

    private record BareHead(List<Parameter> parameters, List<Buffer> buffers) implements HeadModule {
        @Override
        public Map<String, Tensor> forward(Tensor hidden, Batch batch, ForwardContext context) {
            return Map.of();
        }
    }
}
