package dev.finetune.task;

import dev.finetune.FinetuneException;
import dev.finetune.spi.HostBatch;
import dev.finetune.spi.HostTensor;

/** The labels of a batch, which losses and metrics need. */
public final class Labels {
    private Labels() {}

    /**
     * The column "labels".
     *
     * @throws FinetuneException if the examples were not labelled
     */
    public static HostTensor of(HostBatch batch) {
        final HostTensor labels = batch.columns().get("labels");
        if (labels == null) {
            throw new FinetuneException(
                    "The examples have no labels, so they can only be predicted: to train or evaluate "
                            + "on them, give each example one (Label.of(...)), and read the right label column.");
        }
        return labels;
    }
}
