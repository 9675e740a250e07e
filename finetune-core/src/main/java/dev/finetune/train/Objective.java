package dev.finetune.train;

import dev.finetune.error.FinetuneException;
import dev.finetune.internal.torch.Tensors;
import dev.finetune.nn.Batch;
import dev.finetune.task.Outputs;
import dev.finetune.task.Task;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** What training makes small: the task's loss, and what is added to it for a batch. */
final class Objective {
    private final Task task;
    private final double rDrop;
    private final double distill;
    private boolean passesDiffer;

    /** An objective; refuses two passes for a task whose outputs can't be compared. */
    Objective(Task task, double rDrop, double distill) {
        this.task = task;
        this.rDrop = rDrop;
        this.distill = distill;
        if (rDrop > 0 && task.scores() != Task.Scores.ONE_OF_SEVERAL) {
            throw new FinetuneException("regularization(r -> r.rDrop(" + rDrop + ")) compares the probabilities of"
                    + " classes; a " + task.head().kind() + " head has none of one class of several.");
        }
    }

    /** Whether a batch goes through the network twice. */
    boolean twoPasses() {
        return rDrop > 0;
    }

    /** Whether the original network's output is wanted. */
    boolean comparesWithOriginal() {
        return distill > 0;
    }

    /** Whether two passes ever gave different outputs: if not, there is no dropout. */
    boolean passesDiffer() {
        return passesDiffer;
    }

    /** The task's part: the sum of the batch's losses over the whole step's weight. */
    Tensor loss(Map<String, Tensor> outputs, Batch batch, double weight) {
        return task.lossSum(outputs, batch).mul(new Scalar(factor(weight)));
    }

    /** The same with the {@link #factor} in a tensor, of one element. */
    Tensor loss(Map<String, Tensor> outputs, Batch batch, Tensor factor) {
        return task.lossSum(outputs, batch).mul(factor);
    }

    /** What the sum of losses is multiplied with; 0 where nothing of the step counts. */
    static double factor(double weight) {
        return weight == 0 ? 0 : 1 / weight;
    }

    /**
     * The parts of both passes together (Liang et al., "R-Drop: regularized dropout for neural networks", 2021, as in its
     * reference implementation): (L1 + L2) / 2 + a (KL(P1 || P2) + KL(P2 || P1)) / 2, divergences averaged over rows. The
     * sum of both divergences is the sum of (P1 - P2)(log P1 - log P2) over the classes.
     */
    Tensor loss(Map<String, Tensor> first, Map<String, Tensor> second, Batch batch, double weight) {
        final Tensor both =
                loss(first, batch, weight).add(loss(second, batch, weight)).mul(new Scalar(0.5));
        final Tensor one = torch.log_softmax(Outputs.named(first, "logits").to(ScalarType.Float), 1);
        final Tensor other = torch.log_softmax(Outputs.named(second, "logits").to(ScalarType.Float), 1);
        final Tensor apart = one.sub(other);
        passesDiffer = passesDiffer || apart.detach().abs().max().item_float() > 0;
        final Tensor divergences = one.exp().sub(other.exp()).mul(apart).sum();
        final double factor = 0.5 * rDrop * share(batch, weight) / batch.size();
        return both.add(divergences.mul(new Scalar(factor)));
    }

    /**
     * The mean squared distance of a trunk's output from the original's; positions of padding don't count.
     *
     * @param hidden (batch, ...), or (batch, positions, ...) where there is a mask
     * @param mask (batch, positions) of the output's own positions: 1, or 0 for padding
     */
    Tensor distance(Tensor hidden, Tensor original, Optional<Tensor> mask, Batch batch, double weight) {
        final Tensor squares = hidden.sub(original).pow(new Scalar(2));
        final double factor = distill * share(batch, weight);
        if (mask.isPresent()) {
            final Tensor own = mask.get().to(ScalarType.Float);
            final long[] places = Tensors.shape(hidden);
            final long each = hidden.numel() / (places[0] * places[1]);
            Arrays.fill(places, 2, places.length, 1);
            final Tensor count = own.sum().mul(new Scalar(each));
            return squares.mul(own.reshape(places)).sum().div(count).mul(new Scalar(factor));
        }
        return squares.mean().mul(new Scalar(factor));
    }

    /** How much of the step a batch is. */
    private double share(Batch batch, double weight) {
        return weight == 0 ? 0 : task.weight(batch.host()) / weight;
    }
}
