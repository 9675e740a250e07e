package dev.finetune.train;

import dev.finetune.error.FinetuneException;

/** A thread that computes was interrupted, or someone asked it to stop, where half a result would be a wrong one. */
final class InterruptedRun extends FinetuneException {
    private static final long serialVersionUID = 1;

    InterruptedRun(String message) {
        super(message);
    }
}
