package dev.finetune.lm.generate;

import dev.finetune.error.FinetuneException;
import dev.finetune.generate.Generated;
import dev.finetune.generate.Generated.End;
import dev.finetune.generate.Generation;
import dev.finetune.internal.Seeds;
import dev.finetune.internal.torch.Workers;
import dev.finetune.train.Cancellation;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Chooses one token a text at a time, the most probable or one that is drawn; texts that end leave the batch. */
final class TokenByToken implements Search {
    /** So many logits of several rows are worth several threads. */
    private static final int MANY = 1 << 16;

    private final NextTokens model;
    private final Asked asked;
    private final Watcher watcher;
    private final Cancellation cancellation;
    private final List<int[]> prompts;
    private final List<Row> rows = new ArrayList<>();
    private List<Row> open;
    /** How many rows the model goes on with; 0 before it has begun. */
    private int present;

    /** A token, its score, which may be no number, and the natural logarithm of its probability; or why there is none. */
    private record Next(
            int id,
            float score,
            double logProbability,
            @Nullable FinetuneException failure) {
        static Next of(MostProbable all, int place) {
            return new Next(all.ids()[place], all.scores()[place], all.logProbabilities()[place], null);
        }
    }

    /** Told each token of the first text. */
    @FunctionalInterface
    interface Watcher {
        void add(int id);
    }

    /** One of an input's texts. */
    private static final class Row {
        final Draft text;
        final long seed;

        /** What comes next, as far as it is known already. */
        final Deque<Next> known = new ArrayDeque<>();

        /** Guesses what comes next; there when it has begun. */
        @Nullable
        PromptLookup lookup;

        int place;
        double score;
        Optional<End> end = Optional.empty();

        Row(int[] prompt, int place, long seed) {
            this.text = new Draft(prompt);
            this.place = place;
            this.seed = seed;
        }

        /** Adds what is known to come next; says whether there was something. */
        boolean goOn() {
            final Next next = known.poll();
            if (next == null) {
                return false;
            }
            if (next.failure() != null) {
                throw next.failure();
            }
            Softmax.requireFinite(next.score());
            text.add(next.id());
            score += next.logProbability();
            return true;
        }
    }

    /** Of prompts of which the first is so many-th of its call. */
    TokenByToken(
            NextTokens model, Asked asked, List<int[]> prompts, int first, Watcher watcher, Cancellation cancellation) {
        this.model = model;
        this.asked = asked;
        this.prompts = prompts;
        this.watcher = watcher;
        this.cancellation = cancellation;
        final Generation settings = asked.settings();
        for (int input = 0; input < prompts.size(); input++) {
            for (int copy = 0; copy < settings.sequences(); copy++) {
                rows.add(new Row(prompts.get(input), input, Seeds.of(Seeds.of(settings.seed(), first + input), copy)));
            }
        }
        open = List.copyOf(rows);
    }

    @Override
    public boolean step() {
        if (cancellation.isRequestedHere()) {
            return false;
        }
        if (present == 0) {
            begin();
        } else if (open.stream().allMatch(row -> row.known.isEmpty())) {
            readOn();
        }
        open.stream().filter(Row::goOn).forEach(row -> {
            row.end = asked.endings().of(row.text);
            if (row == rows.get(0)) {
                watcher.add(row.text.last());
            }
        });
        open = open.stream().filter(row -> row.end.isEmpty()).toList();
        return !open.isEmpty();
    }

    private void begin() {
        final float[][] logits = model.start(prompts.toArray(int[][]::new));
        final boolean shared = rows.size() > prompts.size();
        present = logits.length;
        choose(logits, row -> shared ? logits[row.place].clone() : logits[row.place]);
    }

    private void readOn() {
        Places.keep(model, open.stream().mapToInt(row -> row.place).toArray(), present);
        present = open.size();
        for (int place = 0; place < present; place++) {
            open.get(place).place = place;
        }
        final Optional<int[][]> forbidden = asked.settings().samples() ? Optional.empty() : forbidden();
        final boolean guesses = model.readsGuesses(present);
        final int[] last = open.stream().mapToInt(row -> row.text.last()).toArray();
        final Guess[] guess =
                open.stream().map(row -> guesses ? guess(row) : Guess.NONE).toArray(Guess[]::new);
        final Guess[] read = model.worth(guess);
        if (forbidden.isPresent()) {
            readMostProbable(last, read, forbidden.get());
        } else if (present > 1 && Arrays.stream(read).allMatch(each -> each.length() == 0)) {
            final float[][] logits = model.next(last);
            choose(logits, row -> logits[row.place]);
        } else {
            model.next(last, read, open.stream().map(this::choice).toArray(NextTokens.Choice[]::new));
        }
        for (Row row : open) {
            if (row.lookup != null) {
                row.lookup.learn(
                        guess[row.place], row.known.stream().mapToInt(Next::id).toArray());
            }
        }
    }

    private Guess guess(Row row) {
        if (row.lookup == null) {
            row.lookup = new PromptLookup(asked.settings().promptLookup(), model.source(row.place));
        }
        final int room = asked.settings().newTokensAfter(row.text.promptLength()) - row.text.newTokens() - 1;
        return upToEnd(row.lookup.after(row.text, room));
    }

    /** Nothing comes after a token that ends the text. */
    private Guess upToEnd(Guess guess) {
        return guess.first(IntStream.range(0, guess.length())
                .filter(i -> asked.settings().stopTokens().contains(guess.ids()[i]))
                .map(end -> end + 1)
                .findFirst()
                .orElse(guess.length()));
    }

    private void readMostProbable(int[] last, Guess[] guess, int[][] forbiddenNext) {
        final Guess[] comes = new Guess[present];
        final int[][][] forbidden = new int[present][][];
        for (Row row : open) {
            final List<int[]> each = new ArrayList<>(List.of(forbiddenNext[row.place]));
            comes[row.place] = comes(row.text, guess[row.place], each);
            forbidden[row.place] = each.toArray(int[][]::new);
        }
        final List<MostProbable> next = model.nextMostProbable(last, comes, forbidden);
        for (Row row : open) {
            final MostProbable own = next.get(row.place);
            IntStream.range(0, own.ids().length).forEach(place -> row.known.add(Next.of(own, place)));
        }
    }

    /**
     * A guess without what can't come next, and without what comes after scores that are changed otherwise than by forbidding tokens.
     *
     * @param forbidden what doesn't come next; what doesn't come after each of the guess is added
     */
    private Guess comes(Draft text, Guess guess, List<int[]> forbidden) {
        Draft longer = text;
        for (int id : guess.ids()) {
            final Draft further = longer.with(id);
            final boolean comes =
                    Arrays.stream(forbidden.get(forbidden.size() - 1)).noneMatch(each -> each == id);
            final Optional<int[]> after = comes ? asked.processor().forbidden(further) : Optional.empty();
            if (after.isEmpty()) {
                break;
            }
            forbidden.add(after.get());
            longer = further;
        }
        return guess.first(longer.length() - text.length());
    }

    /** Chooses a text's next tokens by their logits, one after the other. */
    private NextTokens.Choice choice(Row row) {
        final Draft[] longer = {row.text};
        return scores -> {
            try {
                final Next next = next(row.seed, longer[0], scores);
                row.known.add(next);
                longer[0] = longer[0].with(next.id());
                return asked.endings().of(longer[0]).isEmpty() ? next.id() : NextTokens.Choice.END;
            } catch (FinetuneException e) {
                row.known.add(new Next(NextTokens.Choice.END, 0, 0, e)); // Once the tokens before it are handed on.
                return NextTokens.Choice.END;
            }
        };
    }

    /** Of each text, if no score of any is changed otherwise. */
    private Optional<int[][]> forbidden() {
        final int[][] forbidden = new int[open.size()][];
        for (int place = 0; place < forbidden.length; place++) {
            final Optional<int[]> each = asked.processor().forbidden(open.get(place).text);
            if (each.isEmpty()) {
                return Optional.empty();
            }
            forbidden[place] = each.get();
        }
        return Optional.of(forbidden);
    }

    /** Of large vocabularies each core looks at rows of its own. */
    private void choose(float[][] logits, Function<Row, float[]> scores) {
        if ((long) open.size() * logits[0].length < MANY) {
            open.forEach(row -> choose(row, scores.apply(row)));
        } else {
            Workers.runWithoutProducts(
                    open.size(), (row, worker) -> choose(open.get(row), scores.apply(open.get(row))));
        }
    }

    private void choose(Row row, float[] scores) {
        row.known.add(next(row.seed, row.text, scores));
    }

    /** What comes next in a text by the logits; they are changed. */
    private Next next(long seed, Draft text, float[] scores) {
        asked.processor().process(text, scores);
        final double logSum = Softmax.logSum(scores);
        final int chosen = asked.settings().samples()
                ? drawn(scores, logSum, share(Seeds.of(seed, text.newTokens())))
                : MostProbable.largest(scores);
        return new Next(chosen, scores[chosen], scores[chosen] - logSum, null);
    }

    /** 53 random bits as a number from 0 up to 1. */
    private static double share(long bits) {
        return (bits >>> 11) * 0x1p-53;
    }

    /** The token at which the probabilities, added up in order, exceed a share. */
    private static int drawn(float[] scores, double logSum, double share) {
        double sum = 0;
        int last = 0;
        for (int i = 0; i < scores.length && sum <= share; i++) {
            if (scores[i] != Float.NEGATIVE_INFINITY) {
                sum += Math.exp(scores[i] - logSum);
                last = i;
            }
        }
        return last;
    }

    @Override
    public List<Generated> result() {
        final List<Generated> texts = new ArrayList<>();
        final int each = asked.settings().sequences();
        for (int first = 0; first < rows.size(); first += each) {
            texts.add(Texts.joined(rows.subList(first, first + each).stream()
                    .map(row -> Texts.of(row.text, row.end.orElse(End.CANCELLED), row.score, asked.tokenizer()))
                    .toList()));
        }
        return texts;
    }
}
