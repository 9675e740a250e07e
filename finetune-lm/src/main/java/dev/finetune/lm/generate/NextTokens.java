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

    /** {@return whether a guess of what comes next would be read now} */
    default boolean readsGuesses() {
        return false;
    }

    /**
     * Reads one more token of the one row there is and, where several are read in little more time, a guess of those after it, as far
     * as it is right; what was guessed wrong is forgotten.
     *
     * @param token the id of the next token
     * @param guess the ids of those that may come after it; there may be none
     * @param forbidden tokens that don't come next, after the token and after each of the guess: one list more than the guess is long
     * @return the most probable token after each that was read: one at least, and each but the last is the guess's
     */
    default MostProbable nextMostProbable(int token, int[] guess, int[][] forbidden) {
        return nextMostProbable(new int[] {token}, new int[][] {forbidden[0]});
    }

    /**
     * Reads one more token of the one row there is and, where several are read in little more time, a guess of those after it, as far
     * as it is chosen; what is left of it is forgotten.
     *
     * @param token the id of the next token
     * @param guess the ids of those that may come after it; there may be none
     * @param choice asked for the token after each that was read, in their order: once at least, and again while it chooses what the
     *     guess says
     */
    default void next(int token, int[] guess, Choice choice) {
        choice.of(next(new int[] {token})[0]);
    }

    /** Chooses what comes next. */
    @FunctionalInterface
    interface Choice {
        /** No token's id: nothing comes after what was chosen. */
        int END = -1;

        /**
         * {@return the id of the token that comes next, or {@link #END} if the text ends with it}
         *
         * @param logits of all tokens, (vocabulary); its own
         */
        int of(float[] logits);
    }

    /**
     * {@return the tokens that the one row there is is written from, beside those that it began with; there may be none}
     */
    default int[] source() {
        return new int[0];
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
