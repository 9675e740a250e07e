package dev.finetune.batch;

import java.util.zip.Checksum;

/**
 * One example as numbers, as a family's {@link InputEncoder} made it; the core knows its length and its target. Made
 * once, kept for all epochs, so it should be small.
 */
public interface Encoded {
    /** {@return how much the example costs, in the unit that batches are padded to (tokens, for text)} */
    int length();

    /** {@return what the loss compares the output with} */
    Target target();

    /** {@return whether there is anything to learn from it; by default there is} */
    default boolean isOfUse() {
        return true;
    }

    /**
     * Adds to a checksum what tells this row's input from others; a training that goes on from a checkpoint has to find the
     * same rows. By default nothing, so that rows are told apart by length and target alone.
     *
     * @param sum of all rows
     */
    default void addTo(Checksum sum) {}
}
