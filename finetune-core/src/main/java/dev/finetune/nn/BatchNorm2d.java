package dev.finetune.nn;

import dev.finetune.internal.torch.CustomGradients;
import dev.finetune.internal.torch.GradientMode;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.nn.OperatorGraph.Value;
import java.util.List;
import org.bytedeco.javacpp.BoolPointer;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.T_TensorTensorTensor_T;
import org.bytedeco.pytorch.T_TensorTensor_T;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Batch normalisation over (batch, channels, height, width), as torch.nn.BatchNorm2d with its defaults: eps 1e-5,
 * momentum 0.1 (Ioffe and Szegedy, "Batch normalization", 2015).
 *
 * <p>In training a norm uses the batch's own statistics and moves its running ones, and so needs two values for each
 * channel; in evaluation it uses the running ones. A norm whose weight is frozen is always in evaluation: what is
 * frozen keeps its statistics, too.
 */
public final class BatchNorm2d implements Module {
    private static final double EPS = 1e-5;
    private static final double MOMENTUM = 0.1;

    private final Parameter weight;
    private final Parameter bias;
    private final Buffer mean;
    private final Buffer variance;
    private final Buffer batches;

    /**
     * Takes {@code weight}, {@code bias} and the running statistics (channels) from a source.
     *
     * @param source where the parameters come from, by their names
     * @param channels of its input
     */
    public BatchNorm2d(ParameterSource source, long channels) {
        this.weight = source.take("weight", Init.ONES, channels);
        this.bias = source.take("bias", Init.ZEROS, channels);
        this.mean = source.buffer("running_mean", 0, ScalarType.Float, channels);
        this.variance = source.buffer("running_var", 1, ScalarType.Float, channels);
        this.batches = source.buffer("num_batches_tracked", 0, ScalarType.Long);
    }

    /**
     * Applies the layer.
     *
     * @param input (batch, channels, height, width)
     * @param context of this pass: whether it trains, and what dropout draws from
     * @return a tensor of the same shape, in the current scope
     */
    public Tensor forward(Tensor input, ForwardContext context) {
        refuseOneValue(input, context);
        count(context);
        return torch.batch_norm(
                input,
                new TensorOptional(weight.value()),
                new TensorOptional(bias.value()),
                statistics(mean, context),
                statistics(variance, context),
                usesBatch(context),
                MOMENTUM,
                EPS,
                true);
    }

    /**
     * Draws the layer, with the running statistics.
     *
     * @param graph where
     * @param input (batch, channels, height, width)
     * @return of the same shape
     */
    public Value draw(OperatorGraph graph, Value input) {
        return graph.operator(
                        "BatchNormalization",
                        input,
                        graph.of(weight),
                        graph.of(bias),
                        graph.of(mean),
                        graph.of(variance))
                .set("epsilon", EPS)
                .value();
    }

    /** What an input is to be normalised with; counts the batch, as {@link #forward} does. In the current scope. */
    Statistics statistics(Tensor input, ForwardContext context) {
        refuseOneValue(input, context);
        count(context);
        try (TensorScope scope = TensorScope.open()) {
            if (!usesBatch(context)) {
                return new Statistics(mean.value(), variance.value(), false);
            }
            final T_TensorTensor_T found = torch.batch_norm_update_stats(
                    input, statistics(mean, context), statistics(variance, context), MOMENTUM);
            return new Statistics(scope.keep(new Tensor(found.get0())), scope.keep(new Tensor(found.get1())), true);
        }
    }

    /** Whether it normalises with the batch's own statistics. */
    boolean usesBatch(ForwardContext context) {
        return context.training() && weight.isTrained();
    }

    /** As torch.nn.BatchNorm2d does; LibTorch's kernel alone would make the running variance NaN. */
    private void refuseOneValue(Tensor input, ForwardContext context) {
        if (usesBatch(context) && input.numel() == weight.count()) {
            throw new OneValueException(weight.name());
        }
    }

    private void count(ForwardContext context) {
        if (usesBatch(context) && !context.isRecomputing()) {
            try (GradientMode off = GradientMode.off()) {
                batches.value().add_(new Scalar(1));
            }
        }
    }

    /** What is normalised with the batch's own statistics, a second time, needs no running ones. */
    private TensorOptional statistics(Buffer buffer, ForwardContext context) {
        return usesBatch(context) && context.isRecomputing()
                ? new TensorOptional()
                : new TensorOptional(buffer.value());
    }

    /**
     * What one input is normalised with.
     *
     * @param mean (channels)
     * @param variance with the number of values as the divisor, (channels)
     * @param ofBatch whether they are the input's own, not the running ones
     */
    record Statistics(Tensor mean, Tensor variance, boolean ofBatch) {}

    /** Normalises, in the current scope. */
    Tensor normalised(Tensor input, Statistics with) {
        return torch.batch_norm(
                input,
                new TensorOptional(weight.value()),
                new TensorOptional(bias.value()),
                new TensorOptional(with.mean()),
                new TensorOptional(with.variance()),
                false,
                MOMENTUM,
                EPS,
                true);
    }

    /**
     * Computes the gradient of what {@link #normalised} normalised, in the current scope.
     *
     * @param gradient of the output
     * @param gradients takes those of weight and bias
     * @param place of the weight there; the bias comes next
     */
    Tensor gradient(Tensor gradient, Tensor input, Statistics with, CustomGradients.Gradients gradients, int place) {
        try (TensorScope scope = TensorScope.open()) {
            final T_TensorTensorTensor_T found = torch.native_batch_norm_backward(
                    gradient,
                    input,
                    new TensorOptional(weight.value()),
                    new TensorOptional(mean.value()),
                    new TensorOptional(variance.value()),
                    new TensorOptional(with.mean()),
                    new TensorOptional(with.variance().add(new Scalar(EPS)).rsqrt_()),
                    with.ofBatch(),
                    EPS,
                    new BoolPointer(3)
                            .put(0, true)
                            .put(1, gradients.wanted(place))
                            .put(2, gradients.wanted(place + 1)));
            gradients.set(place, new Tensor(found.get1()));
            gradients.set(place + 1, new Tensor(found.get2()));
            return scope.keep(new Tensor(found.get0()));
        }
    }

    @Override
    public List<Parameter> parameters() {
        return List.of(weight, bias);
    }

    @Override
    public List<Buffer> buffers() {
        return List.of(mean, variance, batches);
    }
}
