package dev.finetune.nn;

import dev.finetune.error.FinetuneException;
import dev.finetune.internal.torch.CustomGradients;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.nn.OperatorGraph.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.bytedeco.javacpp.BoolPointer;
import org.bytedeco.pytorch.LongArrayRefOptional;
import org.bytedeco.pytorch.T_TensorTensorTensor_T;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/** A two-dimensional convolution of (batch, in, height, width), without dilation, as torch.nn.Conv2d. */
public final class Conv2d implements SpatialOp {
    /** Products for each number of the output up to which it is cheap: four hundredths of a second for a ResNet-50 step. */
    private static final long CHEAP = 128;

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

        /**
         * {@return one group, and padding that keeps the size at stride 1}
         *
         * @param in channels read
         * @param out channels given
         * @param kernel height and width of the window
         * @param stride in rows and columns
         */
        public static Shape of(long in, long out, long kernel, long stride) {
            return new Shape(in, out, kernel, stride, kernel / 2, 1);
        }
    }

    /**
     * Takes {@code weight} (out, in / groups, kernel, kernel) and, if wanted, {@code bias} (out) from a source.
     *
     * @param source where the parameters come from, by their names
     * @param shape channels, window and groups
     * @param init how parameters start that the checkpoint lacks
     * @param biased whether there is a bias
     */
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
        weight.markOperand();
        bias.ifPresent(Parameter::markOperand);
    }

    /** Applies the layer, and what adapts it. */
    @Override
    public Tensor forward(Tensor input, ForwardContext context) {
        return weight.adapter()
                .map(adapter -> adapter.forward(input, layer, context))
                .orElseGet(() -> layer.plain(input));
    }

    /** Draws the layer, with what adapts it. */
    @Override
    public Value draw(OperatorGraph graph, Value input) {
        final OperatorGraph.Operator convolution = bias.map(
                        own -> graph.operator("Conv", input, graph.of(weight), graph.of(own)))
                .orElseGet(() -> graph.operator("Conv", input, graph.of(weight)));
        final long padding = shape.padding();
        return convolution
                .set("kernel_shape", new long[] {shape.kernel(), shape.kernel()})
                .set("strides", new long[] {shape.stride(), shape.stride()})
                .set("pads", new long[] {padding, padding, padding, padding})
                .set("group", shape.groups())
                .value();
    }

    /** {@return how many channels it gives} */
    public long outputs() {
        return shape.out();
    }

    @Override
    public Optional<Parameter> weight() {
        return Optional.of(weight);
    }

    @Override
    public boolean isPlain() {
        return weight.adapter().isEmpty() && bias.isEmpty();
    }

    @Override
    public boolean isCheap() {
        return shape.in() / shape.groups() * shape.kernel() * shape.kernel() <= CHEAP;
    }

    @Override
    public Optional<Tensor> gradient(
            Tensor gradient, Tensor input, boolean ofInput, CustomGradients.Gradients gradients, int place) {
        try (TensorScope scope = TensorScope.open()) {
            final T_TensorTensorTensor_T found = torch.convolution_backward(
                    gradient,
                    input,
                    weight.value(),
                    new LongArrayRefOptional(),
                    new long[] {shape.stride(), shape.stride()},
                    new long[] {shape.padding(), shape.padding()},
                    new long[] {1, 1},
                    false,
                    new long[] {0, 0},
                    shape.groups(),
                    new BoolPointer(3)
                            .put(0, ofInput)
                            .put(1, gradients.wanted(place))
                            .put(2, false));
            gradients.set(place, new Tensor(found.get1()));
            return ofInput ? Optional.of(scope.keep(new Tensor(found.get0()))) : Optional.empty();
        }
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
                    bias.map(b -> new TensorOptional(b.operand())).orElseGet(TensorOptional::new);
            return convolve(input, weight.operand(), own, shape.stride(), shape.padding(), shape.groups());
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
