package dev.finetune.internal.distributed;

import dev.finetune.error.FinetuneException;
import dev.finetune.error.LostProcessException;

/**
 * Why processes that train together can't go on.
 *
 * @param why in words
 * @param isLoss whether a process was lost, rather than that one gave up
 */
record Failure(String why, boolean isLoss) {
    FinetuneException exception() {
        return isLoss ? new LostProcessException(why) : new FinetuneException(why);
    }

    FinetuneException exception(Throwable cause) {
        return isLoss ? new LostProcessException(why, cause) : new FinetuneException(why, cause);
    }

    /** As the others are told of it. */
    Frame frame() {
        return Frame.of(isLoss ? Frame.Kind.LOST : Frame.Kind.FAILED, why);
    }
}
