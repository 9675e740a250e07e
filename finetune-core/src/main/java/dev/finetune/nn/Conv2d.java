package dev.finetune.nn;

import dev.finetune.FinetuneException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/** A two-dimensional convolution of (batch, in, height, width), without dilation, as torch.nn.Conv2d. */
public final class Conv2d implements Module {
    private final Parameter weight;
    private final Optional<Parameter> bias;
    private final Shape shape;
    private final AdaptedLayer layer = new Layer();

    /**
     * How a convolution is laid out.
     *
     * @param in channels in
     * @param out channels out
     * @param kernel height and width of the kernel
     * @param stride in both directions
     * @param padding zeros at each edge
     * @param groups into which the channels are divided
     */
    public record Shape(long in, long out, long kernel, long stride, long padding, long groups) {
        /** Checks that the channels divide into the groups. */
        public Shape {
            if (groups < 1 || in % groups != 0 || out % groups != 0) {
                throw new FinetuneException("A convolution from " + in + " to " + out
                        + " channels can't be divided into " + groups + " groups.");
            }
        }

        /** One group, and padding that keeps the size at stride 1. */
        public static Shape of(long in, long out, long kernel, long stride) {
            return new Shape(in, out, kernel, stride, kernel / 2, 1);
        }
    }

    /** Takes {@code weight} (out, in / groups, kernel, kernel) and, if wanted, {@code bias} (out) from a source. */
    public Conv2d(ParameterSource source, Shape shape, Init init, boolean biased) {
        this.shape = shape;
        this.weight = source.weight(
                new LayerKind.Convolution(shape.groups()),
                "weight",
                init,
                shape.out(),
                shape.in() / shape.groups(),
                shape.kernel(),
                shape.kernel());
        this.bias = biased ? Optional.of(source.take("bias", Init.ZEROS, shape.out())) : Optional.empty();
    }

    /** Applies the layer, and what adapts it. */
    public Tensor forward(Tensor input, ForwardContext context) {
        return weight.adapter()
                .map(adapter -> adapter.forward(input, layer, context))
                .orElseGet(() -> layer.plain(input));
    }

    private static Tensor convolve(
            Tensor input, Tensor weight, TensorOptional bias, long stride, long padding, long groups) {
        return torch.conv2d(
                input,
                weight,
                bias,
                new long[] {stride, stride},
                new long[] {padding, padding},
                new long[] {1, 1},
                groups);
    }

    @Override
    public List<Parameter> parameters() {
        final List<Parameter> all = new ArrayList<>(List.of(weight));
        bias.ifPresent(all::add);
        all.addAll(weight.additions());
        return all;
    }

    private final class Layer implements AdaptedLayer {
        @Override
        public Tensor weight() {
            return weight.value();
        }

        @Override
        public Tensor plain(Tensor input) {
            final TensorOptional own =
                    bias.map(b -> new TensorOptional(b.value())).orElseGet(TensorOptional::new);
            return convolve(input, weight.value(), own, shape.stride(), shape.padding(), shape.groups());
        }

        @Override
        public Tensor apply(Tensor input, Tensor other) {
            return convolve(input, other, new TensorOptional(), shape.stride(), shape.padding(), shape.groups());
        }

        @Override
        public Tensor unbiased(Tensor output) {
            return bias.map(b -> output.sub(perChannel(b.value()))).orElse(output);
        }

        @Override
        public Tensor mix(Tensor narrow, Tensor other) {
            return convolve(narrow, other, new TensorOptional(), 1, 0, 1);
        }

        @Override
        public Tensor perChannel(Tensor vector) {
            return vector.reshape(1, -1, 1, 1);
        }
    }
}
