package dev.finetune.task;

import dev.finetune.batch.HostBatch;
import dev.finetune.batch.Target;
import dev.finetune.data.Label;
import dev.finetune.error.FinetuneException;
import dev.finetune.head.Head;
import dev.finetune.head.Prediction;
import dev.finetune.internal.torch.Tensors;
import dev.finetune.nn.Batch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.bytedeco.pytorch.Tensor;

/**
 * Feature extraction: gives "embeddings" (batch, width) as they are. It has no loss of its own (pairs have one), and no
 * score.
 */
public final class FeaturesTask implements Task {
    private final Head.Features head;

    /**
     * A task for a head.
     *
     * @param head how vectors are pooled
     */
    public FeaturesTask(Head.Features head) {
        this.head = head;
    }

    @Override
    public Head head() {
        return head;
    }

    @Override
    public double weight(HostBatch batch) {
        throw untrainable();
    }

    @Override
    public Tensor lossSum(Map<String, Tensor> outputs, Batch batch) {
        throw untrainable();
    }

    @Override
    public Scorer scorer() {
        throw untrainable();
    }

    /** Whatever the label: there is nothing to compare with. */
    @Override
    public Function<Label, Target> targets() {
        return label -> new Target.None();
    }

    @Override
    public String mainMetric() {
        return "loss"; // Of the pairs that taught it, if any did.
    }

    @Override
    public List<Prediction> decode(Map<String, Tensor> outputs, HostBatch batch) {
        final float[] flat = Tensors.floats(Outputs.named(outputs, "embeddings"));
        final int width = flat.length / batch.size();
        final List<Prediction> vectors = new ArrayList<>();
        for (int from = 0; from < flat.length; from += width) {
            vectors.add(new Prediction.Vector(List.of(Arrays.copyOfRange(flat, from, from + width))));
        }
        return vectors;
    }

    private static FinetuneException untrainable() {
        return new FinetuneException("Vectors have no loss by themselves: choose a head to train or evaluate, or"
                + " fitContrastive(...), which learns from pairs.");
    }
}
