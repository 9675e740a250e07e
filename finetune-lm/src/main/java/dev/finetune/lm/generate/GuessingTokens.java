package dev.finetune.lm.generate;

import dev.finetune.nn.Network;
import dev.finetune.nn.Parameter;
import dev.finetune.nn.TensorValues;
import java.util.Arrays;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The next tokens of a network, which reads those that are guessed with the one that comes next where that takes little more time: on a
 * CPU, where a pass over a few tokens takes the time of reading the weights. Only where all weights are 32-bit floats: what several tokens
 * at once round otherwise than one is too small to be seen in a text then, and how long they take in 16 bits depends on the processor.
 */
public abstract class GuessingTokens implements NextTokens {
    private final Network network;
    private final boolean reads;

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
    }

    /** {@return the network} */
    protected final Network network() {
        return network;
    }

    /**
     * Reads several more tokens of the one row there is.
     *
     * @param tokens their ids
     * @param said what their logits say, (1, tokens, vocabulary)
     * @param <T> what they say
     * @return that
     */
    protected abstract <T> T readSeveral(int[] tokens, Function<Tensor, T> said);

    /**
     * Forgets the tokens that were read last.
     *
     * @param tokens how many; there may be none
     */
    protected abstract void forgetLast(int tokens);

    @Override
    public final boolean readsGuesses() {
        return reads;
    }

    private static int[] with(int token, int[] guess) {
        return IntStream.concat(IntStream.of(token), Arrays.stream(guess)).toArray();
    }

    @Override
    public final MostProbable nextMostProbable(int token, int[] guess, int[][] forbidden) {
        if (!reads || guess.length == 0) {
            return NextTokens.super.nextMostProbable(token, guess, forbidden);
        }
        final MostProbable all =
                readSeveral(with(token, guess), logits -> MostProbable.of(logits.squeeze(0), forbidden));
        final int right = all.right(guess);
        forgetLast(guess.length - right);
        return all.first(1 + right);
    }

    @Override
    public final void next(int token, int[] guess, Choice choice) {
        if (!reads || guess.length == 0) {
            NextTokens.super.next(token, guess, choice);
            return;
        }
        final int right = readSeveral(with(token, guess), logits -> right(logits.squeeze(0), guess, choice));
        forgetLast(guess.length - right);
    }

    /** How many of a guess are chosen; of logits (1 + guess, vocabulary), each row fetched when it is asked for. */
    private static int right(Tensor logits, int[] guess, Choice choice) {
        int right = 0;
        int chosen = choice.of(TensorValues.floats(logits.narrow(0, 0, 1)));
        while (right < guess.length && chosen == guess[right]) {
            right++;
            chosen = choice.of(TensorValues.floats(logits.narrow(0, right, 1)));
        }
        return right;
    }
}
