package dev.finetune.lm.generate;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A language model that goes on with several rows of tokens, by one token a row and call or by more that were guessed; keeps what it
 * computed of the tokens before.
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
     * {@return whether guesses of what comes next would be read now}
     *
     * @param rows how many rows there are
     */
    default boolean readsGuesses(int rows) {
        return false;
    }

    /**
     * {@return what of guesses is worth reading, in the time that more tokens take}
     *
     * @param guesses one for each row
     */
    default Guess[] worth(Guess[] guesses) {
        return guesses;
    }

    /**
     * Reads one more token of each row and, where several are read in little more time, guesses of those after it, as far as they are
     * right; what was guessed wrong is forgotten.
     *
     * @param tokens the id of each row's next token
     * @param guesses of each row, those that may come after it
     * @param forbidden of each row, tokens that don't come next, after the token and after each of the guess: one list more than the
     *     guess is long
     * @return of each row, the most probable token after each that was read: one at least, and each but the last is the guess's
     */
    default List<MostProbable> nextMostProbable(int[] tokens, Guess[] guesses, int[][][] forbidden) {
        final MostProbable next = nextMostProbable(
                tokens, Arrays.stream(forbidden).map(each -> each[0]).toArray(int[][]::new));
        return IntStream.range(0, tokens.length)
                .mapToObj(row -> next.rows(row, 1))
                .toList();
    }

    /**
     * Reads one more token of each row and, where several are read in little more time, guesses of those after it, as far as they are
     * chosen; what is left of them is forgotten.
     *
     * @param tokens the id of each row's next token
     * @param guesses of each row, those that may come after it
     * @param choices of each row, asked for the token after each that was read, in their order: once at least, and again while it
     *     chooses what the guess says; of several rows on any thread, but on one at a time
     */
    default void next(int[] tokens, Guess[] guesses, Choice[] choices) {
        final float[][] logits = next(tokens);
        for (int row = 0; row < choices.length; row++) {
            choices[row].of(logits[row]);
        }
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
     * {@return the tokens that a row is written from, beside those that it began with; there may be none}
     *
     * @param row of those present
     */
    default int[] source(int row) {
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
