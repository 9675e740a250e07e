package dev.finetune.lm.generate;

import dev.finetune.internal.torch.TensorScope;
import dev.finetune.nn.TensorValues;
import java.util.Arrays;
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
 * @param logProbabilities natural logarithms of their probabilities, x - log(sum of exp(x)), (rows)
 */
public record MostProbable(int[] ids, double[] logProbabilities) {
    /**
     * {@return those of logits}
     *
     * @param logits of the token that comes next, (rows, ..., vocabulary) with no other dimension than the first and the last above 1,
     *     of any floating-point type and device (borrowed, and changed where tokens are forbidden)
     * @param forbidden of each row, tokens that have no probability; any may be none of the vocabulary
     * @throws dev.finetune.error.FinetuneException if a logit is no number, or too large to be one, or if all tokens are forbidden
     */
    public static MostProbable of(Tensor logits, int[][] forbidden) {
        try (TensorScope scope = TensorScope.open()) {
            final long vocabulary = logits.size(-1);
            final Tensor rows = logits.reshape(logits.size(0), vocabulary).to(ScalarType.Float);
            forbid(rows, places(forbidden, vocabulary));
            final T_TensorTensor_T largest = torch.max(rows, -1, true);
            for (float value : TensorValues.floats(largest.get0())) {
                Softmax.requireFinite(value);
            }
            final Tensor ids = largest.get1();
            return new MostProbable(
                    Arrays.stream(TensorValues.longs(ids))
                            .mapToInt(Math::toIntExact)
                            .toArray(),
                    doubles(TensorValues.floats(torch.log_softmax(rows, -1).gather(1, ids))));
        }
    }

    /** Where they are among the numbers of all rows. */
    private static long[] places(int[][] forbidden, long vocabulary) {
        return IntStream.range(0, forbidden.length)
                .boxed()
                .flatMapToLong(row -> Arrays.stream(forbidden[row])
                        .filter(id -> id < vocabulary)
                        .mapToLong(id -> row * vocabulary + id))
                .toArray();
    }

    private static void forbid(Tensor rows, long[] places) {
        if (places.length > 0) {
            rows.view(-1)
                    .index_fill_(
                            0,
                            torch.tensor(places).to(rows.device(), ScalarType.Long),
                            new Scalar(Float.NEGATIVE_INFINITY));
        }
    }

    private static double[] doubles(float[] numbers) {
        return IntStream.range(0, numbers.length).mapToDouble(i -> numbers[i]).toArray();
    }

    /** Those of scores, (rows, vocabulary), that are changed where tokens are forbidden. */
    static MostProbable of(float[][] scores, int[][] forbidden) {
        final int[] ids = new int[scores.length];
        final double[] logProbabilities = new double[scores.length];
        for (int row = 0; row < scores.length; row++) {
            final float[] each = scores[row];
            Arrays.stream(forbidden[row])
                    .filter(id -> id < each.length)
                    .forEach(id -> each[id] = Float.NEGATIVE_INFINITY);
            final double logSum = Softmax.logSum(each);
            ids[row] = largest(each);
            logProbabilities[row] = each[ids[row]] - logSum;
        }
        return new MostProbable(ids, logProbabilities);
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
