package dev.finetune.task;

import dev.finetune.head.Head;

/**
 * A head of a whole input that brings its own task, and so can be put on every family's network for whole inputs: its task
 * reads "logits" of (batch, {@link #rows()}). To be loaded again it needs a {@code dev.finetune.spi.HeadFormat}.
 */
public interface TaskHead extends Head {
    @Override
    default boolean isOfWholeInput() {
        return true;
    }

    /** {@return how many numbers the network gives for an input, at least 1} */
    @Override
    int rows();

    /**
     * {@return what it is trained for}
     *
     * @param loss label smoothing, class weights and focal loss, as they were said
     * @throws dev.finetune.error.FinetuneException for options that mean nothing to it
     */
    Task task(LossOptions loss);
}
