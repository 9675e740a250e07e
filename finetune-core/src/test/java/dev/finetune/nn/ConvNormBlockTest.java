package dev.finetune.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.internal.torch.CustomGradients;
import dev.finetune.internal.torch.GradientMode;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.MemoryFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What keeps less gives the same outputs, gradients and running statistics as what keeps all. */
class ConvNormBlockTest {
    private static final int ROWS = 8;
    private static final int CHANNELS = 8;
    private static final int SIDE = 66;

    @ParameterizedTest
    @CsvSource({
        "convolution, false, false, false, true, false",
        "convolution, true, false, false, true, false",
        "convolution, false, true, false, true, false",
        "convolution, true, false, true, true, false",
        "convolution, true, true, false, true, true",
        "convolution, true, true, true, true, false",
        "convolution, true, true, true, true, true",
        "convolution, true, true, true, false, true",
        "wide, true, true, true, true, false",
        "wide, false, true, false, true, true",
        "pool, true, false, false, true, false",
        "pool, true, false, false, true, true",
        "pool, true, false, false, false, false"
    })
    void keepingLessAgreesWithKeepingAll(
            String kind, boolean before, boolean after, boolean added, boolean batchStatistics, boolean channelsLast) {
        final List<float[]> all = new ArrayList<>();
        final List<float[]> less = new ArrayList<>();
        for (List<float[]> found : List.of(all, less)) {
            try (TensorScope scope = TensorScope.open();
                    AutoCloseable custom = found == less ? CustomGradients.open() : () -> {}) {
                compute(kind, before, after, added, batchStatistics, channelsLast, found);
            } catch (Exception e) {
                throw new AssertionError(e);
            }
        }
        assertThat(less).hasSameSizeAs(all).hasSizeGreaterThan(1);
        for (int i = 0; i < all.size(); i++) {
            assertThat(distance(less.get(i), all.get(i))).as("result %d", i).isLessThan(1e-5);
        }
        assertThat(size(all.get(1))).as("the input's gradient").isPositive();
    }

    private static void compute(
            String kind,
            boolean before,
            boolean after,
            boolean added,
            boolean batchStatistics,
            boolean channelsLast,
            List<float[]> found) {
        final Made made = new Made(3);
        final int out = kind.equals("pool") ? CHANNELS : 12;
        final SpatialOp sliding = switch (kind) {
            case "pool" -> new MaxPool2d(3, 2, 1, false);
            case "wide" -> new Conv2d(made, Conv2d.Shape.of(CHANNELS, out, 5, 1), Init.ZEROS, false);
            default -> new Conv2d(made, Conv2d.Shape.of(CHANNELS, out, 3, 1), Init.ZEROS, false);
        };
        assertThat(sliding.isCheap()).isEqualTo(!kind.equals("wide"));
        final Optional<BatchNorm2d> first = norm(made, CHANNELS, before);
        final Optional<BatchNorm2d> second = norm(made, out, after);
        final ConvNormBlock step = new ConvNormBlock(first, sliding, second, Activation.RELU);
        made.taken.forEach(parameter -> parameter.setTrained(true));
        final SplittableRandom random = new SplittableRandom(1);
        final Tensor leaf = numbers(random, 1, ROWS, CHANNELS, SIDE, SIDE);
        // Far from the sum's other part, so that no rounding moves a number over ReLU's edge.
        final Tensor other = numbers(random, 20, ROWS, out, SIDE, SIDE);
        final Tensor input = channelsLast ? leaf.add(leaf).contiguous(MemoryFormat.ChannelsLast) : leaf.add(leaf);
        assertThat(CustomGradients.payFor(input))
                .as("what keeps less is tested")
                .isEqualTo(CustomGradients.areOpen());
        final ForwardContext context = batchStatistics ? ForwardContext.training(1) : ForwardContext.evaluating();
        final Tensor output = added ? step.forward(input, other.add(other), context) : step.forward(input, context);
        final Tensor weights = numbers(random, 1, Tensors.shape(output)).detach();
        output.mul(weights).sum().backward();
        found.add(Tensors.floats(output));
        found.add(Tensors.floats(leaf.grad()));
        if (added) {
            found.add(Tensors.floats(other.grad()));
        }
        made.taken.forEach(
                parameter -> found.add(Tensors.floats(parameter.value().grad())));
        for (Optional<BatchNorm2d> norm : List.of(first, second)) {
            norm.ifPresent(n -> n.buffers().subList(0, 2).forEach(buffer -> found.add(Tensors.floats(buffer.value()))));
            norm.ifPresent(n -> n.buffers().forEach(Buffer::close));
        }
        made.taken.forEach(Parameter::close);
    }

    /** As torch.nn.BatchNorm2d says "Expected more than 1 value per channel when training"; both ways to compute it. */
    @Test
    void oneValueForEachChannelIsRefusedInTrainingAndLeavesTheStatisticsAlone() {
        final Made made = new Made(3);
        try (TensorScope scope = TensorScope.open()) {
            final BatchNorm2d norm = new BatchNorm2d(made, CHANNELS);
            made.taken.forEach(parameter -> parameter.setTrained(true));
            final Tensor one = torch.ones(1, CHANNELS, 1, 1);
            assertThatThrownBy(() -> norm.forward(one, ForwardContext.training(1)))
                    .isInstanceOf(OneValueException.class)
                    .hasMessageContaining("single value");
            assertThatThrownBy(() -> norm.statistics(one, ForwardContext.training(1)))
                    .isInstanceOf(OneValueException.class);
            assertThat(Tensors.longs(norm.buffers().get(2).value())).containsExactly(0);
            norm.forward(one, ForwardContext.evaluating());
            norm.forward(torch.ones(1, CHANNELS, 1, 2), ForwardContext.training(1));
            norm.forward(torch.ones(2, CHANNELS, 1, 1), ForwardContext.training(1));
            made.taken.forEach(parameter -> parameter.setTrained(false));
            norm.forward(one, ForwardContext.training(1));
            norm.buffers().forEach(Buffer::close);
            made.taken.forEach(Parameter::close);
        }
    }

    private static Optional<BatchNorm2d> norm(Made made, int channels, boolean wanted) {
        if (!wanted) {
            return Optional.empty();
        }
        final BatchNorm2d norm = new BatchNorm2d(made, channels);
        try (GradientMode off = GradientMode.off()) {
            norm.parameters().get(0).value().fill_(new Scalar(1.5f));
            norm.parameters().get(1).value().fill_(new Scalar(0.125f));
        }
        return Optional.of(norm);
    }

    /** Of either sign and from half a size to one and a half, in steps: none near 0, and none nearly equal. */
    private static Tensor numbers(SplittableRandom random, float size, long... shape) {
        long count = 1;
        for (long length : shape) {
            count *= length;
        }
        final float[] values = new float[Math.toIntExact(count)];
        for (int i = 0; i < values.length; i++) {
            values[i] = size * (random.nextBoolean() ? 1 : -1) * (0.5f + random.nextInt(256) / 256f);
        }
        return Tensors.of(values, shape).set_requires_grad(true);
    }

    private static double size(float[] values) {
        double sum = 0;
        for (float value : values) {
            sum += (double) value * value;
        }
        return Math.sqrt(sum);
    }

    /** How far one is from the other, relative to its size where that is above 1. */
    private static double distance(float[] one, float[] other) {
        assertThat(one).hasSameSizeAs(other);
        final float[] apart = new float[one.length];
        for (int i = 0; i < apart.length; i++) {
            apart[i] = one[i] - other[i];
        }
        return size(apart) / Math.max(1, size(other));
    }
}
