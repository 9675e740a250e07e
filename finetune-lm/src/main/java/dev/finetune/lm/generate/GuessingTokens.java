package dev.finetune.lm.generate;

import dev.finetune.nn.Network;
import dev.finetune.nn.TensorValues;
import java.util.Arrays;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The next tokens of a network, which reads those that are guessed with the one that comes next where that takes little more time: on a
 * CPU, where a pass over a few tokens takes the time of reading the weights. Only of weights in 32-bit floats: what several tokens at
 * once round otherwise than one is too small to be seen in a text then, and how long they take in 16 bits depends on the processor.
 */
public abstract class GuessingTokens implements NextTokens {
    private final Network network;

    /**
     * Of a network.
     *
     * @param network that reads the tokens (borrowed)
     */
    protected GuessingTokens(Network network) {
        this.network = Objects.requireNonNull(network, "network");
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
     * @return that
     */
    protected abstract <T> T readSeveral(int[] tokens, Function<Tensor, T> said);

    /**
     * Forgets the tokens that were read last.
     *
     * @param tokens how many; there may be none
     */
    protected abstract void forgetLast(int tokens);

    private boolean reads(int[] guess) {
        final Tensor weight = network.parameters().get(0).value();
        return guess.length > 0 && weight.is_cpu() && weight.scalar_type().intern() == ScalarType.Float;
    }

    private static int[] with(int token, int[] guess) {
        return IntStream.concat(IntStream.of(token), Arrays.stream(guess)).toArray();
    }

    @Override
    public final MostProbable nextMostProbable(int token, int[] guess, int[][] forbidden) {
        if (!reads(guess)) {
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
        if (!reads(guess)) {
            NextTokens.super.next(token, guess, choice);
            return;
        }
        final float[][] all = readSeveral(with(token, guess), logits -> TensorValues.rows(logits.squeeze(0)));
        int right = 0;
        int chosen = choice.of(all[0]);
        while (right < guess.length && chosen == guess[right]) {
            right++;
            chosen = choice.of(all[right]);
        }
        forgetLast(guess.length - right);
    }
}
