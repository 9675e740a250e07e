package dev.finetune.spi;

/**
 * One example as numbers, as a family's {@link InputEncoder} made it; the core knows its length and its target. Made
 * once, kept for all epochs, so it should be small.
 */
public interface Encoded {
    /** {@return how much the example costs, in the unit that batches are padded to (tokens, for text)} */
    int length();

    /** {@return what the loss compares the output with} */
    Target target();
}
