package dev.finetune.lm.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/** Tokens that are guessed and read at once, beside those that a model says one by one. */
public final class GuessedTokens {
    private static final int TOKENS = 40;
    private static final double CLOSE = 2e-5;

    private GuessedTokens() {}

    /**
     * What a model says is the same, with guesses of which none, some or all are right; what was wrong is forgotten.
     *
     * @param models each of nothing read; closed here
     * @param prompt what one row begins with
     * @param readsSeveral whether they read guesses at all
     */
    public static void changeNothing(Supplier<NextTokens> models, int[] prompt, boolean readsSeveral) {
        final int[] tokens = new int[TOKENS];
        final double[] probabilities = new double[TOKENS];
        try (NextTokens one = models.get()) {
            tokens[0] = MostProbable.largest(one.start(new int[][] {prompt})[0]);
            for (int i = 1; i < TOKENS; i++) {
                final MostProbable next = one.nextMostProbable(new int[] {tokens[i - 1]}, new int[][] {{}});
                tokens[i] = next.ids()[0];
                probabilities[i] = next.logProbabilities()[0];
            }
        }
        try (NextTokens several = models.get()) {
            assertThat(MostProbable.largest(several.start(new int[][] {prompt})[0]))
                    .isEqualTo(tokens[0]);
            int read = 0;
            for (int round = 0; read < TOKENS - 8; round++) {
                // So many right ones, and three wrong ones after them; every fifth round no wrong ones.
                final int right = round % 4;
                final int from = read + 1;
                final int[] guess = IntStream.range(0, round % 5 == 0 ? right : right + 3)
                        .map(i -> i < right ? tokens[from + i] : tokens[from + i] == 5 ? 6 : 5)
                        .toArray();
                final MostProbable next = round % 2 == 0
                        ? several.nextMostProbable(tokens[read], guess, new int[1 + guess.length][0])
                        : chosen(several, tokens[read], guess);
                final int known = readsSeveral ? 1 + right : 1;
                assertThat(next.ids()).isEqualTo(Arrays.copyOfRange(tokens, from, from + known));
                for (int i = 0; i < known; i++) {
                    assertThat(next.logProbabilities()[i]).isCloseTo(probabilities[from + i], within(CLOSE));
                }
                read += known;
            }
        }
    }

    /** The most probable ones again, chosen by their logits. */
    private static MostProbable chosen(NextTokens model, int token, int[] guess) {
        final List<float[]> all = new ArrayList<>();
        model.next(token, guess, logits -> {
            all.add(logits);
            return MostProbable.largest(logits);
        });
        return MostProbable.of(all.toArray(float[][]::new), new int[all.size()][0]);
    }
}
