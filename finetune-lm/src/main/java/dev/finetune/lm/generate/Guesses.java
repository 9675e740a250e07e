package dev.finetune.lm.generate;

import dev.finetune.nn.Network;
import java.util.Arrays;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;

/** Reads tokens that are guessed to come next together with the one that does. */
public final class Guesses {
    private Guesses() {}

    /**
     * {@return whether several tokens are read in little more time than one} So it is on a CPU, where a pass takes the time of reading
     * the weights.
     *
     * @param network that reads them (borrowed)
     * @param guess the ids of the tokens after the first; there may be none
     */
    public static boolean pay(Network network, int[] guess) {
        return guess.length > 0 && network.parameters().get(0).value().is_cpu();
    }

    /**
     * Reads a token and a guess, and forgets what of the guess was wrong.
     *
     * @param token the id of the next token
     * @param guess the ids of those that may come after it
     * @param pass reads all of them, and gives the most probable token after each
     * @param forgetLast forgets so many of the tokens that were read last; there may be none
     * @return the most probable token after each that was right, the first included
     */
    public static MostProbable read(int token, int[] guess, Pass pass, IntConsumer forgetLast) {
        final MostProbable all = pass.read(
                IntStream.concat(IntStream.of(token), Arrays.stream(guess)).toArray());
        final int right = all.right(guess);
        forgetLast.accept(guess.length - right);
        return all.first(1 + right);
    }

    /** Reads tokens of the one row there is. */
    @FunctionalInterface
    public interface Pass {
        /**
         * {@return the most probable token after each}
         *
         * @param tokens their ids
         */
        MostProbable read(int[] tokens);
    }
}
