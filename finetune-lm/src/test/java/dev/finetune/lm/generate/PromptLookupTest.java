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
        return new PromptLookup(most, new int[0]).after(new Draft(text), room);
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

    @Test
    void guessesGrowWhileTheyAreRight() {
        final PromptLookup lookup = new PromptLookup(10, new int[0]);
        final Draft text = new Draft(new int[] {1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2});
        int before = lookup.after(text, 20).length;
        assertThat(before).isEqualTo(4);
        for (int i = 0; i < 5; i++) {
            lookup.learn(before);
            final int now = lookup.after(text, 20).length;
            assertThat(now).isGreaterThan(before - (before == 10 ? 1 : 0));
            before = now;
        }
        assertThat(before).isEqualTo(10);
    }

    @Test
    void whatATextIsWrittenFromCountsAsWell() {
        final PromptLookup lookup = new PromptLookup(4, new int[] {9, 5, 6, 7, 8, 1});
        assertThat(lookup.after(new Draft(new int[] {0, 5, 6}), 9)).containsExactly(7, 8, 1, 0);
        assertThat(lookup.after(new Draft(new int[] {1, 0, 8, 1}), 9))
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
            if (lookup.after(text, 9).length > 0) {
                lookup.learn(0);
                wrong++;
            }
        }
        assertThat(wrong).isBetween(10, 50);
        int right = 0;
        for (int i = 0; i < 1000; i++) {
            if (lookup.after(text, 9).length > 0) {
                lookup.learn(5);
                right++;
            }
        }
        assertThat(right).isGreaterThan(900);
    }

    /** Reads guesses as far as they are right, and counts passes. */
    private static final class Guessing implements NextTokens {
        private final MarkovModel model = new MarkovModel();
        private int passes;

        @Override
        public float[][] start(int[][] prompts) {
            return model.start(prompts);
        }

        @Override
        public float[][] next(int[] tokens) {
            passes++;
            return model.next(tokens);
        }

        @Override
        public boolean readsGuesses() {
            return true;
        }

        @Override
        public MostProbable nextMostProbable(int token, int[] guess, int[][] forbidden) {
            assertThat(forbidden).hasNumberOfRows(1 + guess.length);
            passes++;
            final List<MostProbable> all = new ArrayList<>();
            int next = token;
            do {
                all.add(MostProbable.of(model.next(new int[] {next}), new int[][] {forbidden[all.size()]}));
                next = all.get(all.size() - 1).ids()[0];
            } while (all.size() <= guess.length && next == guess[all.size() - 1]);
            final float[] scores = new float[all.size()];
            IntStream.range(0, scores.length)
                    .forEach(i -> scores[i] = all.get(i).scores()[0]);
            return new MostProbable(
                    all.stream().mapToInt(each -> each.ids()[0]).toArray(),
                    scores,
                    all.stream().mapToDouble(each -> each.logProbabilities()[0]).toArray());
        }

        @Override
        public void next(int token, int[] guess, Choice choice) {
            passes++;
            int read = 0;
            int next = choice.of(model.next(new int[] {token})[0]);
            while (read < guess.length && next == guess[read++]) {
                next = choice.of(model.next(new int[] {next})[0]);
            }
        }

        @Override
        public void select(int[] rows) {
            model.select(rows);
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
            final int[] prompt = random.ints(1 + random.nextInt(20), 0, 12).toArray();
            Generation settings = random.nextInt(3) == 0
                    ? Generation.sampled().temperature(0.3).topP(0.9).seed(i)
                    : Generation.greedy();
            settings = settings.maxNewTokens(1 + random.nextInt(60));
            settings = random.nextBoolean() ? settings.stopTokens(random.nextInt(12)) : settings;
            settings = random.nextInt(3) == 0 ? settings.minLength(prompt.length + 10) : settings;
            settings = random.nextInt(3) == 0 ? settings.noRepeatNgram(4) : settings;
            settings = random.nextInt(4) == 0 ? settings.repetitionPenalty(1.1) : settings;
            settings = random.nextInt(3) == 0 ? settings.stopAt(MarkovModel.decode(new int[] {3, 4})) : settings;
            final Guessing without = new Guessing();
            final Guessing with = new Guessing();
            final TextGenerator generator = random.nextInt(3) == 0 ? WITH_A_LAST_TOKEN : GENERATOR;
            final Generated expected = write(generator, without, prompt, settings.promptLookup(0));
            assertThat(write(generator, with, prompt, settings.promptLookup(1 + random.nextInt(12))))
                    .as("%s after %s", settings, Arrays.toString(prompt))
                    .isEqualTo(expected);
            passes += without.passes;
            passesWithGuesses += with.passes;
        }
        assertThat(passesWithGuesses).isLessThan(passes * 4 / 5);
    }

    private static Generated write(TextGenerator generator, NextTokens model, int[] prompt, Generation settings) {
        return Written.by(generator.write(expected -> model, List.of(prompt), settings, 1, new Cancellation()))
                .get(0);
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
        public boolean readsGuesses() {
            return true;
        }

        @Override
        public MostProbable nextMostProbable(int token, int[] guess, int[][] forbidden) {
            final List<float[]> all = new ArrayList<>(List.of(logits(token)));
            for (int id : guess) {
                all.add(logits(id)); // All of it is right.
            }
            return MostProbable.of(Tensors.of(flat(all), all.size(), 4), forbidden);
        }

        private static float[] flat(List<float[]> rows) {
            final float[] flat = new float[4 * rows.size()];
            IntStream.range(0, flat.length).forEach(i -> flat[i] = rows.get(i / 4)[i % 4]);
            return flat;
        }

        @Override
        public void next(int token, int[] guess, Choice choice) {
            int read = 0;
            int next = choice.of(logits(token));
            while (read < guess.length && next == guess[read++]) {
                next = choice.of(logits(next));
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
            public boolean readsGuesses() {
                return true;
            }

            @Override
            public MostProbable nextMostProbable(int token, int[] guess, int[][] forbidden) {
                guesses.add(guess.length);
                for (int i = 0; i < guess.length; i++) {
                    assertThat(forbidden[i]).doesNotContain(guess[i]);
                }
                return MostProbable.of(markov.next(new int[] {token}), new int[][] {forbidden[0]});
            }

            @Override
            public void select(int[] rows) {
                markov.select(rows);
            }

            @Override
            public void close() {}
        };
        final int[] prompt = {4, 5, 4, 5, 4, 5};
        write(GENERATOR, model, prompt, Generation.greedy().noRepeatNgram(3).maxNewTokens(40));
        assertThat(guesses).as("what would come again").hasSize(39).containsOnly(0);
        guesses.clear();
        write(GENERATOR, model, prompt, Generation.greedy().noRepeatNgram(5).maxNewTokens(40));
        assertThat(guesses).hasSize(39).anyMatch(guess -> guess > 0).allMatch(guess -> guess < 3);
    }
}
