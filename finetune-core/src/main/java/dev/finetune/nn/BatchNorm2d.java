package dev.finetune.nn;

import dev.finetune.internal.torch.GradientMode;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Batch normalisation over (batch, channels, height, width), as torch.nn.BatchNorm2d with its defaults: eps 1e-5,
 * momentum 0.1 (Ioffe and Szegedy, "Batch normalization", 2015).
 *
 * <p>In training a norm uses the batch's own statistics and moves its running ones; in evaluation it uses the running
 * ones. A norm whose weight is frozen is always in evaluation: what is frozen keeps its statistics, too.
 */
public final class BatchNorm2d implements Module {
    private static final double EPS = 1e-5;
    private static final double MOMENTUM = 0.1;

    private final Parameter weight;
    private final Parameter bias;
    private final Buffer mean;
    private final Buffer variance;
    private final Buffer batches;

    /** Takes {@code weight}, {@code bias} and the running statistics (channels) from a source. */
    public BatchNorm2d(ParameterSource source, long channels) {
        this.weight = source.take("weight", Init.ONES, channels);
        this.bias = source.take("bias", Init.ZEROS, channels);
        this.mean = source.buffer("running_mean", 0, ScalarType.Float, channels);
        this.variance = source.buffer("running_var", 1, ScalarType.Float, channels);
        this.batches = source.buffer("num_batches_tracked", 0, ScalarType.Long);
    }

    /** Applies the layer. */
    public Tensor forward(Tensor input, ForwardContext context) {
        final boolean training = context.training() && weight.isTrained();
        final boolean tracks = training && !context.recomputing();
        if (tracks) {
            try (GradientMode off = GradientMode.off()) {
                batches.value().add_(new Scalar(1));
            }
        }
        return torch.batch_norm(
                input,
                new TensorOptional(weight.value()),
                new TensorOptional(bias.value()),
                statistics(mean, training, tracks),
                statistics(variance, training, tracks),
                training,
                MOMENTUM,
                EPS,
                true);
    }

    /** What is normalised with the batch's own statistics, a second time, needs no running ones. */
    private static TensorOptional statistics(Buffer buffer, boolean training, boolean tracks) {
        return training && !tracks ? new TensorOptional() : new TensorOptional(buffer.value());
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
