package dev.finetune.fewshot;

import dev.finetune.batch.HostTensor;
import dev.finetune.error.FinetuneException;
import dev.finetune.head.Head;
import dev.finetune.internal.torch.Tensors;
import dev.finetune.nn.Batch;
import dev.finetune.task.PairsTask;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Are two inputs of one class? The squared error of the cosine of the angle between their vectors, which should be 1 if
 * they are and 0 if not (CosineSimilarityLoss of Reimers and Gurevych, "Sentence-BERT", 2019). Vectors are what the head's
 * last layer reads, "pooled" (rows, width); rows 2 i and 2 i + 1 are a pair.
 */
public final class PairTask extends PairsTask {
    private static final long SUM = 2;
    private static final double SMALLEST = 1e-8;

    /**
     * A task for the rows of a head's classes.
     *
     * @param head whose labels are known
     */
    public PairTask(Head head) {
        super(head);
    }

    /**
     * {@return what the head's last layer reads}
     *
     * @param outputs the head's outputs by name (borrowed)
     * @throws FinetuneException if the network doesn't show it
     */
    public static Tensor vectors(Map<String, Tensor> outputs) {
        final Tensor pooled = outputs.get("pooled");
        if (pooled == null) {
            throw new FinetuneException(
                    "Few-shot learning isn't there for this family of models: its head doesn't show "
                            + "the vector that its last layer reads. Use fit(...).");
        }
        return pooled;
    }

    @Override
    public Tensor lossSum(Map<String, Tensor> outputs, Batch batch) {
        final Tensor vectors = paired(vectors(outputs), batch);
        final Tensor cosines = torch.cosine_similarity(vectors.select(1, 0), vectors.select(1, 1), 1, SMALLEST);
        final Tensor same = batch.derived("same_class", () -> Optional.of(Tensors.of(sameClass(batch), batch.device())))
                .orElseThrow();
        return torch.mse_loss(cosines, same, SUM);
    }

    /** (pairs): 1 for two rows of one class, 0 for others. */
    private static HostTensor sameClass(Batch batch) {
        if (!(batch.hostColumn("labels") instanceof HostTensor.Longs classes)) {
            throw new FinetuneException(
                    "Few-shot learning needs one class a row, to say which rows are alike, but these "
                            + "labels are a probability per class, as mixing examples makes them: leave out Mixup and CutMix.");
        }
        final long[] labels = classes.data();
        final float[] same = new float[labels.length / 2];
        for (int i = 0; i < same.length; i++) {
            same[i] = labels[2 * i] == labels[2 * i + 1] ? 1 : 0;
        }
        return new HostTensor.Floats(same, same.length);
    }
}
