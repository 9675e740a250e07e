package dev.finetune.checkpoint;

import java.util.List;

/** What becomes of a checkpoint's last layer, which has a row of weights for each output, under the head that is wanted. */
public sealed interface OutputRows {
    /**
     * It is taken as it was saved.
     *
     * @param required whether the checkpoint must have it, of the head's size, because its configuration says so; else what
     *     doesn't fit starts anew
     */
    record Kept(boolean required) implements OutputRows {}

    /**
     * Its outputs are the head's in another order; the checkpoint must have it.
     *
     * @param from for each of the head's outputs, which of the checkpoint's it is, counted from 0
     */
    record Moved(List<Integer> from) implements OutputRows {
        /** Keeps its own copy. */
        public Moved {
            from = List.copyOf(from);
        }
    }

    /** It is for other outputs, and starts anew. */
    record Anew() implements OutputRows {}
}
