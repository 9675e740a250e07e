package dev.finetune.nn;

import dev.finetune.internal.torch.CustomGradients;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.nn.OperatorGraph.Value;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.T_TensorTensor_T;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * The maximum of each window, as torch.nn.MaxPool2d.
 *
 * @param kernel height and width of the window
 * @param stride in both directions
 * @param padding at each edge
 * @param ceiling whether a last window may lie partly outside
 */
public record MaxPool2d(long kernel, long stride, long padding, boolean ceiling) implements SpatialOp {
    @Override
    public Tensor forward(Tensor input, ForwardContext context) {
        return torch.max_pool2d(input, both(kernel), both(stride), both(padding), both(1), ceiling);
    }

    @Override
    public Value draw(OperatorGraph graph, Value input) {
        return graph.operator("MaxPool", input)
                .set("kernel_shape", both(kernel))
                .set("strides", both(stride))
                .set("pads", new long[] {padding, padding, padding, padding})
                .set("ceil_mode", ceiling ? 1 : 0)
                .value();
    }

    @Override
    public boolean isPlain() {
        return true;
    }

    @Override
    public boolean isCheap() {
        return true;
    }

    @Override
    public List<Parameter> parameters() {
        return List.of();
    }

    @Override
    public Optional<Parameter> weight() {
        return Optional.empty();
    }

    @Override
    public Optional<Tensor> gradient(
            Tensor gradient, Tensor input, boolean ofInput, CustomGradients.Gradients gradients, int place) {
        if (!ofInput) {
            return Optional.empty();
        }
        try (TensorScope scope = TensorScope.open()) {
            final T_TensorTensor_T found =
                    torch.max_pool2d_with_indices(input, both(kernel), both(stride), both(padding), both(1), ceiling);
            final Tensor ofInputs = torch.max_pool2d_with_indices_backward(
                    gradient, input, both(kernel), both(stride), both(padding), both(1), ceiling, found.get1());
            return Optional.of(scope.keep(ofInputs));
        }
    }

    private static long[] both(long length) {
        return new long[] {length, length};
    }
}
