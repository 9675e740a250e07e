package dev.finetune.task;

import dev.finetune.batch.HostBatch;
import dev.finetune.batch.HostTensor;
import dev.finetune.batch.Target;
import dev.finetune.error.FinetuneException;
import dev.finetune.internal.torch.Tensors;
import dev.finetune.nn.Batch;
import java.util.Arrays;
import java.util.Optional;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/**
 * The sum over rows of w[y] (-log softmax(logits)[y]), as PyTorch's cross_entropy with reduction "sum"; rows with the
 * target {@link Target#IGNORED} count nothing. With soft targets t, a probability per class, it is the sum over rows and
 * classes of w[c] t[c] (-log softmax(logits)[c]).
 *
 * <p>Focal, it is the sum over rows of w[y] (1 - p)^g (-log p), p = softmax(logits)[y] (Lin et al., 2017), divided for the
 * mean by what the plain loss is divided by; soft targets are refused.
 */
public final class CrossEntropy {
    private static final long NONE = 0;
    private static final long SUM = 2;

    private final LossOptions options;
    private final float[] weights;

    /**
     * A loss over {@code classes} classes.
     *
     * @param options label smoothing, class weights and focal loss
     * @param classes how many, at least 2
     */
    public CrossEntropy(LossOptions options, int classes) {
        this.options = options;
        final int given = options.classWeights().size();
        if (given != 0 && given != classes) {
            throw new FinetuneException("There are " + classes + " classes, but " + given + " class weights.");
        }
        this.weights = new float[given];
        for (int i = 0; i < given; i++) {
            weights[i] = options.classWeights().get(i).floatValue();
        }
    }

    /**
     * The sum of the losses.
     *
     * @param logits (rows, classes)
     * @param targets (rows) class indices as longs, or (rows, classes) probabilities as floats
     * @param batch that the rows are of; it keeps the class weights
     * @return a scalar
     * @throws FinetuneException if soft targets are of another shape than the logits
     */
    public Tensor sum(Tensor logits, Tensor targets, Batch batch) {
        if (targets.is_floating_point() && !Arrays.equals(Tensors.shape(logits), Tensors.shape(targets))) {
            throw new FinetuneException("Soft labels need a probability per row and class, "
                    + Arrays.toString(Tensors.shape(logits)) + ", but \"labels\" is of shape "
                    + Arrays.toString(Tensors.shape(targets)) + ".");
        }
        final TensorOptional weight = batch.derived("class_weights", () -> classWeights(batch.device()))
                .map(TensorOptional::new)
                .orElseGet(TensorOptional::new);
        if (options.focalGamma() > 0) {
            return focal(logits, targets, weight);
        }
        return torch.cross_entropy_loss(logits, targets, weight, SUM, Target.IGNORED, options.labelSmoothing());
    }

    private Optional<Tensor> classWeights(Device device) {
        return weights.length == 0
                ? Optional.empty()
                : Optional.of(Tensors.of(new HostTensor.Floats(weights, weights.length), device));
    }

    private Tensor focal(Tensor logits, Tensor targets, TensorOptional weight) {
        if (targets.is_floating_point()) {
            throw new FinetuneException("The focal loss needs one true class a row, but these labels are a probability "
                    + "per class, as mixing examples makes them: leave out loss(l -> l.focalGamma(...)), or Mixup and"
                    + " CutMix.");
        }
        final Tensor each = torch.cross_entropy_loss(logits, targets, new TensorOptional(), NONE, Target.IGNORED, 0);
        final Tensor weighted = torch.cross_entropy_loss(logits, targets, weight, NONE, Target.IGNORED, 0);
        return options.focalFactor(each).mul(weighted).sum();
    }

    /**
     * {@return what the sum is divided by to give PyTorch's mean: the sum of the weights of the targets; of soft
     * targets the number of rows, whatever the weights}
     *
     * @param batch the batch (borrowed)
     */
    public double weight(HostBatch batch) {
        final HostTensor labels = Labels.of(batch);
        if (labels instanceof HostTensor.Floats soft) {
            return soft.shape()[0];
        }
        double sum = 0;
        for (long label : ((HostTensor.Longs) labels).data()) {
            if (label != Target.IGNORED) {
                sum += weights.length == 0 ? 1 : weights[Math.toIntExact(label)];
            }
        }
        return sum;
    }
}
