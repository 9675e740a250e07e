package dev.finetune.lm.generate;

import dev.finetune.batch.HostTensor;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.nn.TensorValues;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.T_TensorTensor_T;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The most probable next token of each row, the first of equally probable ones.
 *
 * @param ids of the tokens, (rows)
 * @param scores the logits of these tokens, (rows); NaN where one of the row's logits is, minus infinity where all its tokens are forbidden
 * @param logProbabilities natural logarithms of their probabilities, x - log(sum of exp(x)), (rows)
 */
public record MostProbable(int[] ids, float[] scores, double[] logProbabilities) {
    private static final int FEW = 16;

    /**
     * {@return those of logits} What isn't finite is said by {@link #scores}, not thrown, since rows may belong to several callers.
     *
     * @param logits of the token that comes next, (rows, ..., vocabulary) with no other dimension than the first and the last above 1,
     *     of any floating-point type and device (borrowed; the numbers of forbidden tokens may be overwritten)
     * @param forbidden of each row, tokens that have no probability; any may be none of the vocabulary
     * @throws IllegalArgumentException if the rows are not as many
     */
    public static MostProbable of(Tensor logits, int[][] forbidden) {
        if (forbidden.length != logits.size(0)) {
            throw new IllegalArgumentException(
                    "Forbidden tokens of " + forbidden.length + " rows, and logits of " + logits.size(0) + ".");
        }
        try (TensorScope scope = TensorScope.open()) {
            final long vocabulary = logits.size(-1);
            final Tensor rows = logits.reshape(logits.size(0), vocabulary)
                    .to(ScalarType.Float)
                    .contiguous();
            forbid(rows, places(forbidden, vocabulary));
            final T_TensorTensor_T largest = torch.max(rows, -1, true);
            final Tensor ids = largest.get1();
            return new MostProbable(
                    Arrays.stream(TensorValues.longs(ids))
                            .mapToInt(Math::toIntExact)
                            .toArray(),
                    TensorValues.floats(largest.get0()),
                    logProbabilities(rows, ids));
        }
    }

    /** Of a few rows at a time, since they take as much memory as the logits. */
    private static double[] logProbabilities(Tensor rows, Tensor ids) {
        final double[] all = new double[Math.toIntExact(rows.size(0))];
        for (int from = 0; from < all.length; from += FEW) {
            try (TensorScope scope = TensorScope.open()) {
                final int count = Math.min(FEW, all.length - from);
                final Tensor some = torch.log_softmax(rows.narrow(0, from, count), -1);
                final float[] each = TensorValues.floats(some.gather(1, ids.narrow(0, from, count)));
                for (int i = 0; i < count; i++) {
                    all[from + i] = each[i];
                }
            }
        }
        return all;
    }

    /** Where they are among the numbers of all rows. */
    private static long[] places(int[][] forbidden, long vocabulary) {
        return IntStream.range(0, forbidden.length)
                .boxed()
                .flatMapToLong(row -> Arrays.stream(forbidden[row])
                        .filter(id -> id >= 0 && id < vocabulary)
                        .distinct()
                        .mapToLong(id -> row * vocabulary + id))
                .toArray();
    }

    private static void forbid(Tensor rows, long[] places) {
        if (places.length > 0) {
            final Tensor at = TensorValues.of(new HostTensor.Longs(places, places.length), rows.device());
            rows.view(-1).index_fill_(0, at, new Scalar(Float.NEGATIVE_INFINITY));
        }
    }

    /** Those of scores, (rows, vocabulary), that are changed where tokens are forbidden; what isn't finite is said, too. */
    static MostProbable of(float[][] scores, int[][] forbidden) {
        final int[] ids = new int[scores.length];
        final float[] largest = new float[scores.length];
        final double[] logProbabilities = new double[scores.length];
        for (int row = 0; row < scores.length; row++) {
            final float[] each = scores[row];
            Penalties.forbid(Arrays.stream(forbidden[row]), each);
            ids[row] = largest(each);
            largest[row] = Softmax.most(each);
            logProbabilities[row] = Float.isFinite(largest[row]) ? largest[row] - Softmax.logSum(each) : Double.NaN;
        }
        return new MostProbable(ids, largest, logProbabilities);
    }

    /** How many of the tokens after the first of some are what they say comes next, one after the other from the first row on. */
    int right(int[] tokens) {
        int right = 0;
        while (right < ids.length && tokens[1 + right] == ids[right]) {
            right++;
        }
        return right;
    }

    /** The rows of several, one after the other. */
    static MostProbable joined(List<MostProbable> several) {
        final float[] scores =
                new float[several.stream().mapToInt(each -> each.scores.length).sum()];
        int from = 0;
        for (MostProbable each : several) {
            System.arraycopy(each.scores, 0, scores, from, each.scores.length);
            from += each.scores.length;
        }
        return new MostProbable(
                several.stream().flatMapToInt(each -> Arrays.stream(each.ids)).toArray(),
                scores,
                several.stream()
                        .flatMapToDouble(each -> Arrays.stream(each.logProbabilities))
                        .toArray());
    }

    /** Those of some rows. */
    MostProbable rows(int from, int count) {
        return new MostProbable(
                Arrays.copyOfRange(ids, from, from + count),
                Arrays.copyOfRange(scores, from, from + count),
                Arrays.copyOfRange(logProbabilities, from, from + count));
    }

    /** Where the largest of some scores is. */
    static int largest(float[] scores) {
        int best = 0;
        for (int i = 1; i < scores.length; i++) {
            best = scores[i] > scores[best] ? i : best;
        }
        return best;
    }
}
