package dev.finetune.lm.generate;

import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Workers;
import dev.finetune.nn.Network;
import dev.finetune.nn.Parameter;
import dev.finetune.nn.Stage;
import dev.finetune.nn.TensorValues;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The next tokens of a network, which reads those that are guessed with those that come next where that takes little more time: on a
 * CPU, where a pass over a few tokens takes the time of reading the weights. Only where all weights are 32-bit floats: what several tokens
 * at once round otherwise than one is too small to be seen in a text then, and how long they take in 16 bits depends on the processor.
 */
public abstract class GuessingTokens implements NextTokens {
    private final Network network;
    private final boolean reads;
    private final boolean readsSeveralRows;
    private int vocabulary;

    /**
     * Of a network.
     *
     * @param network that reads the tokens (borrowed)
     */
    protected GuessingTokens(Network network) {
        this.network = Objects.requireNonNull(network, "network");
        this.reads = !network.isPacked()
                && network.parameters().stream()
                        .map(Parameter::value)
                        .allMatch(each -> each.is_cpu() && each.scalar_type().intern() == ScalarType.Float);
        this.readsSeveralRows = network.stages().stream().allMatch(Stage::canEndRowsApart);
    }

    /** {@return the network} */
    protected final Network network() {
        return network;
    }

    /**
     * Reads more tokens of each row, several of one at least; several rows only if all {@linkplain Stage#canEndRowsApart() can}.
     *
     * @param tokens their ids
     * @param said what their logits say, (tokens of all rows, row by row, vocabulary)
     * @param <T> what they say
     * @return that
     */
    protected abstract <T> T readSeveral(int[][] tokens, Function<Tensor, T> said);

    /**
     * Keeps the first of the tokens that were read of each row last, and forgets the others.
     *
     * @param tokens how many of each row
     */
    protected abstract void keep(int[] tokens);

    @Override
    public final boolean readsGuesses(int rows) {
        return reads && (rows == 1 || readsSeveralRows);
    }

    @Override
    public final Guess[] worth(Guess[] guesses) {
        if (!readsGuesses(guesses.length)) {
            return Arrays.stream(guesses).map(guess -> Guess.NONE).toArray(Guess[]::new);
        }
        return Guess.worth(guesses, vocabulary);
    }

    @Override
    public final float[][] start(int[][] prompts) {
        final float[][] logits = begin(prompts);
        vocabulary = logits[0].length;
        return logits;
    }

    /**
     * Reads what the rows begin with, as {@link #start} does.
     *
     * @param prompts the ids of each row
     * @return the logits of the token that comes next, (rows, vocabulary); the caller's own
     */
    protected abstract float[][] begin(int[][] prompts);

    /** Goes on from where another is. */
    final void goesOnFrom(GuessingTokens other) {
        vocabulary = other.vocabulary;
    }

    /** Each row's next token and its guess; none where nothing is guessed. */
    private int[][] withGuesses(int[] tokens, Guess[] guesses) {
        return !readsGuesses(tokens.length) || Arrays.stream(guesses).allMatch(guess -> guess.length() == 0)
                ? new int[0][]
                : IntStream.range(0, tokens.length)
                        .mapToObj(row -> IntStream.concat(IntStream.of(tokens[row]), Arrays.stream(guesses[row].ids()))
                                .toArray())
                        .toArray(int[][]::new);
    }

    @Override
    public final List<MostProbable> nextMostProbable(int[] tokens, Guess[] guesses, int[][][] forbidden) {
        final int[][] read = withGuesses(tokens, guesses);
        if (read.length == 0) {
            return NextTokens.super.nextMostProbable(tokens, guesses, forbidden);
        }
        final int[][] all = IntStream.range(0, read.length)
                .boxed()
                .flatMap(row -> Arrays.stream(forbidden[row], 0, read[row].length))
                .toArray(int[][]::new);
        final MostProbable next = readSeveral(read, logits -> MostProbable.of(logits, all));
        final List<MostProbable> right = new ArrayList<>();
        int from = 0;
        for (int[] row : read) {
            final int count = 1 + next.rows(from, row.length - 1).right(row);
            right.add(next.rows(from, count));
            from += row.length;
        }
        keep(right.stream().mapToInt(each -> each.ids().length).toArray());
        return right;
    }

    @Override
    public final void next(int[] tokens, Guess[] guesses, Choice[] choices) {
        final int[][] read = withGuesses(tokens, guesses);
        if (read.length == 0) {
            final float[][] logits = next(tokens);
            Workers.runWithoutProducts(logits.length, (row, worker) -> choices[row].of(logits[row]));
            return;
        }
        keep(readSeveral(read, logits -> chosen(logits, read, choices)));
    }

    /** How many tokens of each row are chosen, those that come next included, which were chosen before. */
    private static int[] chosen(Tensor logits, int[][] read, Choice[] choices) {
        final int[] from = new int[read.length];
        for (int row = 1; row < from.length; row++) {
            from[row] = from[row - 1] + read[row - 1].length;
        }
        final int[] chosen = new int[read.length];
        Workers.runWithoutProducts(
                read.length, (row, worker) -> chosen[row] = chosen(logits, from[row], read[row], choices[row]));
        return chosen;
    }

    /** Each row of logits is fetched when it is asked for. */
    private static int chosen(Tensor logits, int from, int[] read, Choice choice) {
        int chosen = 0;
        int next;
        do {
            try (TensorScope scope = TensorScope.open()) {
                next = choice.of(TensorValues.floats(logits.narrow(0, from + chosen, 1)));
            }
            chosen++;
        } while (chosen < read.length && next == read[chosen]);
        return chosen;
    }
}
