package dev.finetune.task;

import dev.finetune.batch.HostBatch;
import dev.finetune.head.Head;
import dev.finetune.head.Prediction;
import dev.finetune.nn.Batch;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** What is learned from pairs, rows 2 i and 2 i + 1 of a batch, and neither evaluated nor predicted. A pair weighs 1. */
public abstract class PairsTask implements Task {
    private final Head head;

    /**
     * A task for the rows of a head.
     *
     * @param head of the network
     */
    protected PairsTask(Head head) {
        this.head = head;
    }

    /**
     * {@return the vectors pair by pair: (pairs, 2, width), float32}
     *
     * @param vectors (rows, width), borrowed
     * @param batch that they are of
     */
    protected static Tensor paired(Tensor vectors, Batch batch) {
        return vectors.to(ScalarType.Float).reshape(batch.size() / 2, 2, -1);
    }

    @Override
    public final Head head() {
        return head;
    }

    @Override
    public final double weight(HostBatch batch) {
        return batch.size() / 2.0;
    }

    @Override
    public final Scorer scorer() {
        throw new UnsupportedOperationException("pairs are learned from, not evaluated");
    }

    @Override
    public final String mainMetric() {
        return "loss";
    }

    @Override
    public final List<Prediction> decode(Map<String, Tensor> outputs, HostBatch batch) {
        throw new UnsupportedOperationException("pairs are learned from, not predicted");
    }
}
