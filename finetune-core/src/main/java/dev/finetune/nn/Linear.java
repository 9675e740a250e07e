package dev.finetune.nn;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/** y = x W^T + b, for x of shape (..., in) and y of shape (..., out). */
public final class Linear implements Module {
    private final Parameter weight;
    private final Parameter bias;
    private final AdaptedLayer layer = new Layer();

    /** Takes {@code weight} (out, in) and {@code bias} (out) from a source. */
    public Linear(ParameterSource source, long in, long out, Init init) {
        this.weight = source.take("weight", init, out, in);
        this.bias = source.take("bias", Init.ZEROS, out);
    }

    /** Shares a weight with another part of the network (tied embeddings), with a bias of its own. */
    public Linear(Parameter sharedWeight, Parameter bias) {
        this.weight = sharedWeight;
        this.bias = bias;
    }

    /** Applies the layer, and what adapts it. */
    public Tensor forward(Tensor input, ForwardContext context) {
        return weight.adapter()
                .map(adapter -> adapter.forward(input, layer, context))
                .orElseGet(() -> layer.plain(input));
    }

    @Override
    public List<Parameter> parameters() {
        final List<Parameter> all = new ArrayList<>(List.of(weight, bias));
        weight.adapter().ifPresent(adapter -> all.addAll(adapter.parameters()));
        return all;
    }

    private final class Layer implements AdaptedLayer {
        @Override
        public Tensor weight() {
            return weight.value();
        }

        @Override
        public Tensor plain(Tensor input) {
            return torch.linear(input, weight.value(), new TensorOptional(bias.value()));
        }

        @Override
        public Tensor apply(Tensor input, Tensor other) {
            return torch.linear(input, other);
        }

        @Override
        public Tensor unbiased(Tensor output) {
            return output.sub(bias.value());
        }

        @Override
        public Tensor mix(Tensor narrow, Tensor other) {
            return torch.linear(narrow, other);
        }

        @Override
        public Tensor perOutput(Tensor vector) {
            return vector;
        }
    }
}
