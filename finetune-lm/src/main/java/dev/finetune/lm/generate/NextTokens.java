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
     * Reads one more token of each row, as {@link #next} does.
     *
     * @param tokens the id of each row's next token
     * @param forbidden of each row, tokens that don't come next; any may be none of the vocabulary
     * @return the most probable token that comes next, of each row, whose score may not be finite
     */
    default MostProbable nextMostProbable(int[] tokens, int[][] forbidden) {
        return MostProbable.of(next(tokens), forbidden);
    }

    /**
     * Goes on with these rows alone, in this order; a row may be named several times, as beams do.
     *
     * @param rows numbers of present rows
     */
    void select(int[] rows);

    @Override
    void close();
}
