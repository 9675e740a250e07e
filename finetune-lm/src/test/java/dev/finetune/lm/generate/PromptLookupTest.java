package dev.finetune.lm.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.error.FinetuneException;
import dev.finetune.generate.Generated;
import dev.finetune.generate.Generation;
import dev.finetune.internal.torch.Tensors;
import dev.finetune.spi.TextWriter;
import dev.finetune.train.Cancellation;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PromptLookupTest {
    private static final TextGenerator GENERATOR =
            new TextGenerator(new GenerationConfig(Generation.asTheModel(), SpecialIds.none()), MarkovModel::decode);

    private static final TextGenerator WITH_A_LAST_TOKEN = new TextGenerator(
            new GenerationConfig(
                    Generation.asTheModel(),
                    new SpecialIds(
                            OptionalInt.empty(),
                            OptionalInt.empty(),
                            OptionalInt.empty(),
                            OptionalInt.empty(),
                            List.of(7))),
            MarkovModel::decode);

    private static int[] guess(int most, int room, int... text) {
        return new PromptLookup(most, new int[0]).after(new Draft(text), room).ids();
    }

    @Test
    void whatCameAfterTheSameTokensIsGuessedToComeAgain() {
        assertThat(guess(3, 100, 7, 8, 1, 2, 3, 4, 5, 7, 8)).containsExactly(1, 2, 3);
        assertThat(guess(3, 2, 7, 8, 1, 2, 3, 4, 5, 7, 8))
                .as("no room for more")
                .containsExactly(1, 2);
    }

    @Test
    void theLongestRunCountsAndOfEquallyLongOnesTheLast() {
        assertThat(guess(1, 9, 5, 6, 7, 1, 9, 6, 7, 2, 5, 6, 7)).containsExactly(1);
        assertThat(guess(1, 9, 6, 7, 1, 9, 6, 7, 2, 5, 6, 7)).containsExactly(2);
    }

    @Test
    void aTextThatRepeatsItselfIsGuessedToGoOnSo() {
        assertThat(guess(5, 9, 1, 2, 1, 2, 1, 2)).containsExactly(1, 2, 1, 2, 1);
        assertThat(guess(4, 9, 3, 3, 3)).containsExactly(3, 3, 3, 3);
    }

    /** How many tokens of a guess are read, where none or so many rows have the same. */
    private static int read(Guess guess, int rows, int others) {
        final Guess[] all = new Guess[rows + others];
        Arrays.fill(all, 0, rows, guess);
        Arrays.fill(all, rows, rows + others, Guess.NONE);
        return Guess.worth(all, 50_000)[0].length();
    }

    @Test
    void guessesGrowWhileTheyAreRight() {
        final PromptLookup lookup = new PromptLookup(10, new int[0]);
        final Draft text = new Draft(new int[] {1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2});
        int before = 0;
        int first = 0;
        for (int i = 0; i < 5; i++) {
            final Guess guess = lookup.after(text, 20);
            assertThat(guess.ids()).containsExactly(3, 4, 5, 6, 7, 8, 9, 1, 2, 3);
            final int now = read(guess, 1, 0);
            assertThat(now).isGreaterThanOrEqualTo(before);
            before = now;
            first = i == 0 ? now : first;
            lookup.learn(guess, Arrays.copyOf(guess.ids(), now));
        }
        assertThat(first).isBetween(2, 6);
        assertThat(before).isEqualTo(10);
    }

    @Test
    void whatIsReadOfGuessesIsWhatIsWorthIt() {
        final Guess sure = new Guess(new int[10], 0.98);
        assertThat(read(sure, 1, 0)).isEqualTo(10);
        assertThat(read(sure, 16, 0)).isEqualTo(10);
        assertThat(read(sure, 200, 0)).as("so many logits take much memory").isZero();
        final Guess likely = new Guess(new int[10], 0.5);
        assertThat(read(likely, 1, 0)).isBetween(3, 6);
        assertThat(read(likely, 16, 0)).isBetween(1, 2);
        assertThat(read(sure, 1, 5)).as("five others would wait").isZero();
        assertThat(read(sure, 4, 2)).as("two would").isGreaterThan(5);
        assertThat(read(Guess.NONE, 3, 0)).isZero();
        assertThat(Guess.worth(new Guess[] {sure, sure.first(2), sure}, 50_000))
                .extracting(Guess::length)
                .containsExactly(10, 2, 10);
    }

    @Test
    void whatATextIsWrittenFromCountsAsWell() {
        final PromptLookup lookup = new PromptLookup(4, new int[] {9, 5, 6, 7, 8, 1});
        assertThat(lookup.after(new Draft(new int[] {0, 5, 6}), 9).ids()).containsExactly(7, 8, 1, 0);
        assertThat(lookup.after(new Draft(new int[] {1, 0, 8, 1}), 9).ids())
                .as("across its end")
                .containsExactly(1, 0, 8, 1);
    }

    @Test
    void whereNothingIsKnownNothingIsGuessed() {
        assertThat(guess(5, 9, 1, 2, 3, 4)).isEmpty();
        assertThat(guess(5, 9, 1, 2, 3, 2)).as("one token alone").isEmpty();
        assertThat(guess(5, 9, 1)).isEmpty();
        assertThat(guess(0, 9, 1, 2, 1, 2)).isEmpty();
        assertThat(guess(5, 0, 1, 2, 1, 2)).isEmpty();
    }

    @Test
    void whoGuessesWrongTriesSeldomAndWhoGuessesRightAlways() {
        final PromptLookup lookup = new PromptLookup(5, new int[0]);
        final Draft text = new Draft(new int[] {1, 2, 3, 4, 5, 6, 1, 2, 3, 4});
        int wrong = 0;
        for (int i = 0; i < 1000; i++) {
            final Guess guess = lookup.after(text, 9);
            wrong += guess.length() > 0 ? 1 : 0;
            lookup.learn(guess, new int[] {0});
        }
        assertThat(wrong).isBetween(10, 50);
        int right = 0;
        for (int i = 0; i < 1000; i++) {
            final Guess guess = lookup.after(text, 9);
            right += guess.length() > 0 ? 1 : 0;
            lookup.learn(guess, new int[] {5, 6, 1, 2, 3, 4});
        }
        assertThat(right).isGreaterThan(900);
    }

    /** Reads guesses as far as they are right, of several texts, and counts passes. */
    private static final class Guessing implements NextTokens {
        private List<MarkovModel> models = List.of();
        private int passes;

        @Override
        public float[][] start(int[][] prompts) {
            models = Arrays.stream(prompts).map(prompt -> new MarkovModel()).toList();
            return IntStream.range(0, prompts.length)
                    .mapToObj(row -> models.get(row).start(new int[][] {prompts[row]})[0])
                    .toArray(float[][]::new);
        }

        @Override
        public float[][] next(int[] tokens) {
            passes++;
            return IntStream.range(0, tokens.length)
                    .mapToObj(row -> next(row, tokens[row]))
                    .toArray(float[][]::new);
        }

        private float[] next(int row, int token) {
            return models.get(row).next(new int[] {token})[0];
        }

        @Override
        public boolean readsGuesses(int rows) {
            assertThat(rows).isEqualTo(models.size());
            return true;
        }

        @Override
        public List<MostProbable> nextMostProbable(int[] tokens, Guess[] guesses, int[][][] forbidden) {
            passes++;
            return IntStream.range(0, tokens.length)
                    .mapToObj(row -> {
                        assertThat(forbidden[row]).hasNumberOfRows(1 + guesses[row].length());
                        final List<MostProbable> all = new ArrayList<>();
                        follow(row, tokens[row], guesses[row], logits -> {
                            all.add(MostProbable.of(new float[][] {logits}, new int[][] {forbidden[row][all.size()]}));
                            return all.get(all.size() - 1).ids()[0];
                        });
                        return MostProbable.joined(all);
                    })
                    .toList();
        }

        @Override
        public void next(int[] tokens, Guess[] guesses, Choice[] choices) {
            passes++;
            for (int row = 0; row < tokens.length; row++) {
                follow(row, tokens[row], guesses[row], choices[row]);
            }
        }

        private void follow(int row, int token, Guess guess, Choice choice) {
            int read = 0;
            int next = choice.of(next(row, token));
            while (read < guess.length() && next == guess.ids()[read++]) {
                next = choice.of(next(row, next));
            }
        }

        @Override
        public void select(int[] rows) {
            models = Arrays.stream(rows).mapToObj(row -> models.get(row)).toList();
        }

        @Override
        public void close() {}
    }

    @Test
    void aTextIsTheSameWhateverIsGuessed() {
        final Random random = new Random(5);
        int passes = 0;
        int passesWithGuesses = 0;
        for (int i = 0; i < 200; i++) {
            final List<int[]> prompts = IntStream.range(0, 1 + i % 3)
                    .mapToObj(row -> random.ints(1 + random.nextInt(20), 0, 12).toArray())
                    .toList();
            Generation settings = random.nextInt(3) == 0
                    ? Generation.sampled().temperature(0.3).topP(0.9).seed(i)
                    : Generation.greedy();
            settings = settings.maxNewTokens(1 + random.nextInt(60));
            settings = random.nextBoolean() ? settings.stopTokens(random.nextInt(12)) : settings;
            settings = random.nextInt(3) == 0 ? settings.minLength(prompts.get(0).length + 10) : settings;
            settings = random.nextInt(3) == 0 ? settings.noRepeatNgram(4) : settings;
            settings = random.nextInt(4) == 0 ? settings.repetitionPenalty(1.1) : settings;
            settings = random.nextInt(3) == 0 ? settings.stopAt(MarkovModel.decode(new int[] {3, 4})) : settings;
            final Guessing without = new Guessing();
            final Guessing with = new Guessing();
            final TextGenerator generator = random.nextInt(3) == 0 ? WITH_A_LAST_TOKEN : GENERATOR;
            final List<Generated> expected = write(generator, without, prompts, settings.promptLookup(0));
            assertThat(write(generator, with, prompts, settings.promptLookup(1 + random.nextInt(12))))
                    .as(
                            "%s after %s",
                            settings, prompts.stream().map(Arrays::toString).toList())
                    .isEqualTo(expected);
            passes += without.passes;
            passesWithGuesses += with.passes;
        }
        assertThat(passesWithGuesses).isLessThan(passes * 4 / 5);
    }

    private static List<Generated> write(
            TextGenerator generator, NextTokens model, List<int[]> prompts, Generation settings) {
        return Written.by(generator.write(expected -> model, prompts, settings, prompts.size(), new Cancellation()));
    }

    @Test
    void whoeverCancelsGetsWhatIsThereWithinOneTokenAlsoOfAGuess() {
        final Cancellation cancellation = new Cancellation();
        final Guessing model = new Guessing();
        final List<Integer> passes = new ArrayList<>();
        final Generated text = Written.by(GENERATOR.write(
                        expected -> model,
                        new int[] {4, 5},
                        Generation.greedy().maxNewTokens(1000),
                        piece -> {
                            passes.add(model.passes);
                            // The second of those that one pass gave.
                            if (passes.size() > 2
                                    && model.passes == passes.get(passes.size() - 2)
                                    && model.passes > passes.get(passes.size() - 3)) {
                                cancellation.cancel();
                            }
                        },
                        cancellation))
                .get(0);
        assertThat(text.end()).isEqualTo(Generated.End.CANCELLED);
        assertThat(text.ids()).hasSize(passes.size()).hasSizeLessThan(1000);
        assertThat(passes.stream().filter(pass -> pass == model.passes)).hasSize(2);
    }

    /** Says two tokens in turn, and after a while no number. */
    private static final class Failing implements NextTokens {
        private int read;

        @Override
        public float[][] start(int[][] prompts) {
            return next(prompts[0]);
        }

        @Override
        public float[][] next(int[] tokens) {
            return new float[][] {logits(tokens[tokens.length - 1])};
        }

        private float[] logits(int token) {
            read++;
            return new float[] {0, token == 1 ? 0 : 99, token == 1 ? 99 : 0, read > 25 ? Float.NaN : 0};
        }

        @Override
        public boolean readsGuesses(int rows) {
            return true;
        }

        @Override
        public List<MostProbable> nextMostProbable(int[] tokens, Guess[] guesses, int[][][] forbidden) {
            final List<float[]> all = new ArrayList<>(List.of(logits(tokens[0])));
            for (int id : guesses[0].ids()) {
                all.add(logits(id)); // All of it is right.
            }
            return List.of(MostProbable.of(Tensors.of(flat(all), all.size(), 4), forbidden[0]));
        }

        private static float[] flat(List<float[]> rows) {
            final float[] flat = new float[4 * rows.size()];
            IntStream.range(0, flat.length).forEach(i -> flat[i] = rows.get(i / 4)[i % 4]);
            return flat;
        }

        @Override
        public void next(int[] tokens, Guess[] guesses, Choice[] choices) {
            int read = 0;
            int next = choices[0].of(logits(tokens[0]));
            while (read < guesses[0].length() && next == guesses[0].ids()[read++]) {
                next = choices[0].of(logits(next));
            }
        }

        @Override
        public void select(int[] rows) {}

        @Override
        public void close() {}
    }

    @Test
    void whatCameBeforeAFailureIsHandedOn() {
        for (Generation settings : List.of(
                Generation.greedy(),
                Generation.greedy().repetitionPenalty(1.01),
                Generation.sampled().temperature(0.1))) {
            final List<Integer> handedOn = new ArrayList<>();
            for (int lookup : new int[] {0, 10}) {
                final List<String> pieces = new ArrayList<>();
                final TextWriter.Work work = GENERATOR.write(
                        expected -> new Failing(),
                        new int[] {1},
                        settings.maxNewTokens(100).promptLookup(lookup),
                        pieces::add,
                        new Cancellation());
                assertThatThrownBy(() -> Written.by(work))
                        .isInstanceOf(FinetuneException.class)
                        .hasMessageContaining("NaN");
                handedOn.add(pieces.size());
            }
            assertThat(handedOn).as("%s", settings).containsExactly(25, 25);
        }
    }

    @Test
    void nothingIsReadThatCannotComeNext() {
        final List<Integer> guesses = new ArrayList<>();
        final NextTokens model = new NextTokens() {
            private final MarkovModel markov = new MarkovModel();

            @Override
            public float[][] start(int[][] prompts) {
                return markov.start(prompts);
            }

            @Override
            public float[][] next(int[] tokens) {
                return markov.next(tokens);
            }

            @Override
            public boolean readsGuesses(int rows) {
                return true;
            }

            @Override
            public List<MostProbable> nextMostProbable(int[] tokens, Guess[] all, int[][][] forbidden) {
                final int[] guess = all[0].ids();
                guesses.add(guess.length);
                for (int i = 0; i < guess.length; i++) {
                    assertThat(forbidden[0][i]).doesNotContain(guess[i]);
                }
                return List.of(MostProbable.of(markov.next(tokens), new int[][] {forbidden[0][0]}));
            }

            @Override
            public void select(int[] rows) {
                markov.select(rows);
            }

            @Override
            public void close() {}
        };
        final int[] prompt = {4, 5, 4, 5, 4, 5};
        write(
                GENERATOR,
                model,
                List.of(prompt),
                Generation.greedy().noRepeatNgram(3).maxNewTokens(40));
        assertThat(guesses).as("what would come again").hasSize(39).containsOnly(0);
        guesses.clear();
        write(
                GENERATOR,
                model,
                List.of(prompt),
                Generation.greedy().noRepeatNgram(5).maxNewTokens(40));
        assertThat(guesses).hasSize(39).anyMatch(guess -> guess > 0).allMatch(guess -> guess < 3);
    }
}
