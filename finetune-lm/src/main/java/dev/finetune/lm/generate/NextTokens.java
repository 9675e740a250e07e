package dev.finetune.lm.generate;

/**
 * A language model that goes on with several rows of tokens, one token a row and call; keeps what it computed of the tokens before.
 * Holds native memory until it is closed. Not thread-safe.
 */
public interface NextTokens extends AutoCloseable {
    /**
     * Reads what the rows begin with.
     *
     * @param prompts the ids of each row, at least one each, of any lengths
     * @return the logits of the token that comes next, (rows, vocabulary); the caller's own
     */
    float[][] start(int[][] prompts);

    /**
     * Reads one more token of each row.
     *
     * @param tokens the id of each row's next token
     * @return the logits of the token that comes next, (rows, vocabulary); the caller's own
     */
    float[][] next(int[] tokens);

    /**
     * Goes on with these rows alone, in this order; a row may be named several times, as beams do.
     *
     * @param rows numbers of present rows
     */
    void select(int[] rows);

    @Override
    void close();
}
