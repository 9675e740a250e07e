package dev.finetune.task;

import dev.finetune.batch.HostBatch;
import dev.finetune.batch.HostTensor;
import dev.finetune.error.FinetuneException;
import dev.finetune.nn.Batch;
import org.bytedeco.pytorch.Tensor;

/** The labels of a batch, which losses and metrics need. */
public final class Labels {
    private static final String NAME = "labels";

    private Labels() {}

    /**
     * {@return the column "labels"}
     *
     * @param batch the batch (borrowed)
     * @throws FinetuneException if the examples were not labelled
     */
    public static HostTensor of(HostBatch batch) {
        final HostTensor labels = batch.columns().get(NAME);
        if (labels == null) {
            throw missing();
        }
        return labels;
    }

    /**
     * {@return the same on the device; borrowed}
     *
     * @param batch the batch (borrowed)
     * @throws FinetuneException if the examples were not labelled
     */
    public static Tensor of(Batch batch) {
        if (!batch.has(NAME)) {
            throw missing();
        }
        return batch.get(NAME);
    }

    private static FinetuneException missing() {
        return new FinetuneException("The examples have no labels, so they can only be predicted: to train or evaluate "
                + "on them, give each example one (Label.of(...)), and read the right label column.");
    }
}
