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
    private static final int LONGEST = 6;
    private static final double CLOSE = 2e-5;

    private GuessedTokens() {}

    /** What a model says of a text alone, token by token. */
    private record Alone(int[] tokens, double[] logProbabilities) {
        static Alone of(NextTokens model, int[] prompt) {
            final int[] tokens = new int[TOKENS];
            final double[] logProbabilities = new double[TOKENS];
            tokens[0] = MostProbable.largest(model.start(new int[][] {prompt})[0]);
            for (int i = 1; i < TOKENS; i++) {
                final MostProbable next = model.nextMostProbable(new int[] {tokens[i - 1]}, new int[][] {{}});
                tokens[i] = next.ids()[0];
                logProbabilities[i] = next.logProbabilities()[0];
            }
            return new Alone(tokens, logProbabilities);
        }

        /** So many right ones after what was read, and wrong ones after them. */
        Guess guess(int read, int right, int length) {
            return new Guess(
                    IntStream.range(read + 1, read + 1 + length)
                            .map(i -> i <= read + right ? tokens[i] : tokens[i] == 5 ? 6 : 5)
                            .toArray(),
                    0.99);
        }

        void assertIs(MostProbable next, int from) {
            assertThat(next.ids()).isEqualTo(Arrays.copyOfRange(tokens, from, from + next.ids().length));
            for (int i = 0; i < next.ids().length; i++) {
                assertThat(next.logProbabilities()[i]).isCloseTo(logProbabilities[from + i], within(CLOSE));
            }
        }
    }

    /**
     * What a model says of texts side by side is what it says of each alone, with guesses of which none, some or all are right, of each
     * text others; what was wrong is forgotten.
     *
     * @param models each of nothing read; closed here
     * @param prompts what each row begins with
     * @param readsGuesses whether they read guesses at all
     */
    public static void changeNothing(Supplier<NextTokens> models, int[][] prompts, boolean readsGuesses) {
        final List<Alone> alone = new ArrayList<>();
        for (int[] prompt : prompts) {
            try (NextTokens one = models.get()) {
                alone.add(Alone.of(one, prompt));
            }
        }
        try (NextTokens several = models.get()) {
            assertThat(several.readsGuesses(prompts.length)).isEqualTo(readsGuesses);
            assertThat(Arrays.stream(several.start(prompts)).map(MostProbable::largest))
                    .isEqualTo(alone.stream().map(each -> each.tokens[0]).toList());
            final int[] read = new int[prompts.length];
            List<Integer> open = IntStream.range(0, prompts.length).boxed().toList();
            for (int round = 0; !open.isEmpty(); round++) {
                final List<Guess> guesses = new ArrayList<>();
                for (int row : open) {
                    final int right = (row + round) % 4;
                    // Every fifth round none are wrong.
                    guesses.add(alone.get(row).guess(read[row], right, round % 5 == 0 ? right : LONGEST));
                }
                final int[] tokens = open.stream()
                        .mapToInt(row -> alone.get(row).tokens[read[row]])
                        .toArray();
                final Guess[] worth = several.worth(guesses.toArray(Guess[]::new));
                final List<MostProbable> next = said(several, tokens, worth, round % 2 == 0);
                for (int place = 0; place < tokens.length; place++) {
                    final int row = open.get(place);
                    final int known = 1 + (readsGuesses ? Math.min((row + round) % 4, worth[place].length()) : 0);
                    assertThat(next.get(place).ids()).hasSize(known);
                    alone.get(row).assertIs(next.get(place), read[row] + 1);
                    read[row] += known;
                }
                open = goOn(several, open, read);
            }
        }
    }

    /** Those that have more to say; the others leave. */
    private static List<Integer> goOn(NextTokens model, List<Integer> open, int[] read) {
        final int[] places = IntStream.range(0, open.size())
                .filter(place -> read[open.get(place)] < TOKENS - LONGEST - 1)
                .toArray();
        if (places.length > 0 && places.length < open.size()) {
            model.select(places);
        }
        return Arrays.stream(places).mapToObj(open::get).toList();
    }

    /** The most probable ones, said so or chosen by their logits. */
    private static List<MostProbable> said(NextTokens model, int[] tokens, Guess[] guesses, boolean mostProbable) {
        if (mostProbable) {
            return model.nextMostProbable(
                    tokens,
                    guesses,
                    Arrays.stream(guesses)
                            .map(guess -> new int[1 + guess.length()][0])
                            .toArray(int[][][]::new));
        }
        final List<List<float[]>> all = new ArrayList<>();
        final NextTokens.Choice[] choices = new NextTokens.Choice[tokens.length];
        for (int row = 0; row < tokens.length; row++) {
            final List<float[]> each = new ArrayList<>();
            all.add(each);
            choices[row] = logits -> {
                each.add(logits);
                return MostProbable.largest(logits);
            };
        }
        model.next(tokens, guesses, choices);
        return all.stream()
                .map(each -> MostProbable.of(each.toArray(float[][]::new), new int[each.size()][0]))
                .toList();
    }
}
