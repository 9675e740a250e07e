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

    /** Guesses what comes next in the last text that is open. */
    private @Nullable PromptLookup lookup;

    /** What comes next in that text, as far as it is known already. */
    private final Deque<Next> known = new ArrayDeque<>();

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
        int place;
        double score;
        Optional<End> end = Optional.empty();

        Row(int[] prompt, int place, long seed) {
            this.text = new Draft(prompt);
            this.place = place;
            this.seed = seed;
        }

        void add(Next next) {
            if (next.failure() != null) {
                throw next.failure();
            }
            Softmax.requireFinite(next.score());
            text.add(next.id());
            score += next.logProbability();
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
            final float[][] logits = model.start(prompts.toArray(int[][]::new));
            final boolean shared = rows.size() > prompts.size();
            present = logits.length;
            append(logits, row -> shared ? logits[row.place].clone() : logits[row.place]);
        } else {
            goOn();
        }
        open.forEach(row -> row.end = asked.endings().of(row.text));
        if (rows.get(0) == open.get(0)) {
            watcher.add(open.get(0).text.last());
        }
        open = open.stream().filter(row -> row.end.isEmpty()).toList();
        return !open.isEmpty();
    }

    private void goOn() {
        if (known.isEmpty()) {
            readOn();
        } else {
            open.get(0).add(known.remove());
        }
    }

    private void readOn() {
        Places.keep(model, open.stream().mapToInt(row -> row.place).toArray(), present);
        present = open.size();
        for (int place = 0; place < present; place++) {
            open.get(place).place = place;
        }
        final Optional<int[][]> forbidden = asked.settings().samples() ? Optional.empty() : forbidden();
        if (present == 1) {
            readOn(open.get(0), forbidden.map(each -> each[0]));
            open.get(0).add(known.remove());
            return;
        }
        final int[] last = open.stream().mapToInt(row -> row.text.last()).toArray();
        if (forbidden.isEmpty()) {
            final float[][] logits = model.next(last);
            append(logits, row -> logits[row.place]);
        } else {
            final MostProbable next = model.nextMostProbable(last, forbidden.get());
            open.forEach(row -> row.add(Next.of(next, row.place)));
        }
    }

    /** Reads on in the last text that is open, and a guess of what comes next in it. */
    private void readOn(Row row, Optional<int[]> forbidden) {
        if (lookup == null) {
            lookup = new PromptLookup(asked.settings().promptLookup(), model.source());
        }
        final int room = asked.settings().newTokensAfter(row.text.promptLength()) - row.text.newTokens() - 1;
        final int[] guess = model.readsGuesses() ? upToEnd(lookup.after(row.text, room)) : new int[0];
        final int read =
                forbidden.isPresent() ? readMostProbable(row.text, guess, forbidden.get()) : readChosen(row, guess);
        final boolean isRead = known.size() > 1 || read > 0 && known.getFirst().id() != guess[0];
        if (isRead) {
            lookup.learn(known.size() - 1);
        }
    }

    /** Nothing comes after a token that ends the text. */
    private int[] upToEnd(int[] guess) {
        final int end = IntStream.range(0, guess.length)
                .filter(i -> asked.settings().stopTokens().contains(guess[i]))
                .findFirst()
                .orElse(guess.length);
        return end < guess.length ? Arrays.copyOf(guess, end + 1) : guess;
    }

    /** {@return how many tokens of the guess may have been read: not those that don't come next} */
    private int readMostProbable(Draft text, int[] guess, int[] forbiddenNext) {
        final List<int[]> forbidden = new ArrayList<>(List.of(forbiddenNext));
        Draft longer = text;
        for (int id : guess) {
            final Draft further = longer.with(id);
            final boolean comes =
                    Arrays.stream(forbidden.get(forbidden.size() - 1)).noneMatch(each -> each == id);
            final Optional<int[]> after = comes ? asked.processor().forbidden(further) : Optional.empty();
            if (after.isEmpty()) {
                break; // It doesn't come, or the scores after it are changed otherwise.
            }
            forbidden.add(after.get());
            longer = further;
        }
        final MostProbable next =
                model.nextMostProbable(text.last(), longer.from(text.length()), forbidden.toArray(int[][]::new));
        for (int place = 0; place < next.ids().length; place++) {
            known.add(Next.of(next, place));
        }
        return longer.length() - text.length();
    }

    private int readChosen(Row row, int[] guess) {
        final Draft[] longer = {row.text};
        model.next(row.text.last(), guess, scores -> {
            try {
                final Next next = next(row.seed, longer[0], scores);
                known.add(next);
                longer[0] = longer[0].with(next.id());
                return asked.endings().of(longer[0]).isEmpty() ? next.id() : NextTokens.Choice.END;
            } catch (FinetuneException e) {
                known.add(new Next(NextTokens.Choice.END, 0, 0, e)); // Once the tokens before it are handed on.
                return NextTokens.Choice.END;
            }
        });
        return guess.length;
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
    private void append(float[][] logits, Function<Row, float[]> scores) {
        if ((long) open.size() * logits[0].length < MANY) {
            open.forEach(row -> append(row, scores.apply(row)));
        } else {
            Workers.runWithoutProducts(
                    open.size(), (row, worker) -> append(open.get(row), scores.apply(open.get(row))));
        }
    }

    private void append(Row row, float[] scores) {
        row.add(next(row.seed, row.text, scores));
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
