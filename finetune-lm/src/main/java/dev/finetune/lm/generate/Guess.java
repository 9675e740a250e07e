package dev.finetune.lm.generate;

import java.util.Arrays;

/**
 * A guess of what comes next in a text.
 *
 * @param ids of the tokens that may come next; there may be none
 * @param chance that one of them is right where those before it are
 */
public record Guess(int[] ids, double chance) {
    /** No guess. */
    public static final Guess NONE = new Guess(new int[0], 0);

    /** What reading the weights takes, in tokens that take as long to compute. */
    private static final double WEIGHTS = 24;

    /** What attending to what was read of a row takes, in such tokens. */
    private static final double PAST = 2.5;

    /** So many logits are computed in one pass at most: 64 MB. */
    private static final long MOST = 1 << 24;

    /** {@return how many tokens there are} */
    public int length() {
        return ids.length;
    }

    /** Its first tokens. */
    Guess first(int tokens) {
        return tokens == length() ? this : new Guess(Arrays.copyOf(ids, tokens), chance);
    }

    private static double cost(int rows, int guessed) {
        return WEIGHTS + rows * (PAST + 1 + guessed);
    }

    /**
     * {@return what of guesses is worth reading in one pass, which takes all rows as long as that with the most: as many tokens of each as
     * make the product of the rows' speeds the largest, so that none waits long for others}
     *
     * @param guesses one for each row
     * @param vocabulary how many logits each token has
     */
    static Guess[] worth(Guess[] guesses, int vocabulary) {
        final int rows = guesses.length;
        final int longest = Arrays.stream(guesses).mapToInt(Guess::length).max().orElse(0);
        final double[] written = new double[rows];
        Arrays.fill(written, 1);
        int most = 0;
        double best = -rows * Math.log(cost(rows, 0));
        for (int tokens = 1; tokens <= longest && (long) rows * (1 + tokens) * vocabulary <= MOST; tokens++) {
            double speeds = -rows * Math.log(cost(rows, tokens));
            for (int row = 0; row < rows; row++) {
                written[row] += tokens <= guesses[row].length() ? Math.pow(guesses[row].chance, tokens) : 0;
                speeds += Math.log(written[row]);
            }
            if (speeds > best) {
                best = speeds;
                most = tokens;
            }
        }
        final int length = most;
        return Arrays.stream(guesses)
                .map(each -> each.first(Math.min(each.length(), length)))
                .toArray(Guess[]::new);
    }
}
