package dev.finetune.train;

import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import dev.finetune.nn.Parameter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The end of a step: gradients are clipped and parameters changed by them, unless the loss or their norm is no finite
 * number. On a GPU all of it is decided there, and nobody waits before the whole step is on its way.
 */
final class StepUpdate {
    private final Optimizer optimizer;
    private final List<Parameter> trained;
    private final double maxNorm;

    /**
     * An update.
     *
     * @param trained what has gradients (borrowed)
     * @param maxNorm what the gradients' norm is clipped to, 0 for no clipping
     */
    StepUpdate(Optimizer optimizer, List<Parameter> trained, double maxNorm) {
        this.optimizer = optimizer;
        this.trained = trained;
        this.maxNorm = maxNorm;
    }

    /**
     * What a step was.
     *
     * @param losses what each of its batches added to the loss
     * @param norm the gradients' before clipping; not a number where a loss isn't. Where it isn't finite nothing was changed
     */
    record StepNumbers(List<Double> losses, double norm) {}

    /**
     * Updates.
     *
     * @param losses of the step's batches, of one element each (borrowed)
     * @param rate the learning rate
     */
    StepNumbers apply(List<Tensor> losses, double rate) {
        return losses.get(0).is_cpu() ? onCpu(losses, rate) : onDevice(losses, rate);
    }

    /** Reads the losses first. */
    StepNumbers onCpu(List<Tensor> losses, double rate) {
        final List<Double> read = losses.stream().map(Tensors::scalar).toList();
        if (!read.stream().allMatch(Double::isFinite)) {
            return new StepNumbers(read, Double.NaN);
        }
        final double norm = Gradients.norm(trained);
        if (Double.isFinite(norm)) {
            optimizer.step(rate, Gradients.clip(norm, maxNorm));
        }
        return new StepNumbers(read, norm);
    }

    /** Reads losses and norm last, in one piece. */
    StepNumbers onDevice(List<Tensor> losses, double rate) {
        try (TensorScope scope = TensorScope.open()) {
            final List<Tensor> numbers = new ArrayList<>(losses);
            final Tensor all = stacked(losses);
            final List<Tensor> gradients = Gradients.of(trained);
            if (!gradients.isEmpty()) {
                final Tensor norm = Gradients.normOnDevice(gradients);
                optimizer.step(
                        rate,
                        maxNorm == 0 ? Optional.empty() : Optional.of(Gradients.divisor(norm, maxNorm)),
                        Optional.of(torch.isfinite(all)
                                .all()
                                .logical_and(torch.isfinite(norm))
                                .logical_not()
                                .to(ScalarType.Float)));
                numbers.add(norm);
            }
            final float[] read = Tensors.floats(stacked(numbers));
            final List<Double> readLosses = new ArrayList<>();
            for (int i = 0; i < losses.size(); i++) {
                readLosses.add((double) read[i]);
            }
            final double norm = gradients.isEmpty() ? 0 : read[losses.size()];
            return new StepNumbers(readLosses, readLosses.stream().allMatch(Double::isFinite) ? norm : Double.NaN);
        }
    }

    private static Tensor stacked(List<Tensor> numbers) {
        return torch.stack(new TensorVector(numbers.toArray(new Tensor[0])));
    }
}
