package dev.finetune.train;

import dev.finetune.nn.Batch;
import org.bytedeco.pytorch.Tensor;

/** Forward, loss and backward of one batch. */
interface Pass extends AutoCloseable {
    /**
     * Adds the gradients of (sum of the batch's losses / weight). On a GPU they may not be there yet when it returns.
     *
     * @param weight what the whole step's losses are divided by
     * @param seed of all that is random in it
     * @return that quotient, of one element; the caller owns it
     */
    Tensor start(Batch batch, double weight, long seed);

    @Override
    default void close() {
        // Most own nothing.
    }
}
