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
        this.weight =
                source.take("weight", init, shape.out(), shape.in() / shape.groups(), shape.kernel(), shape.kernel());
        this.bias = biased ? Optional.of(source.take("bias", Init.ZEROS, shape.out())) : Optional.empty();
    }

    /** Applies the layer. */
    public Tensor forward(Tensor input) {
        return torch.conv2d(
                input,
                weight.value(),
                bias.map(b -> new TensorOptional(b.value())).orElseGet(TensorOptional::new),
                new long[] {shape.stride(), shape.stride()},
                new long[] {shape.padding(), shape.padding()},
                new long[] {1, 1},
                shape.groups());
    }

    @Override
    public List<Parameter> parameters() {
        final List<Parameter> all = new ArrayList<>(List.of(weight));
        bias.ifPresent(all::add);
        return all;
    }
}
