package dev.finetune.lm.head;

import static dev.finetune.lm.head.WholeProduct.WIDTH;
import static dev.finetune.lm.head.WholeProduct.numbers;
import static dev.finetune.lm.head.WholeProduct.same;
import static dev.finetune.testkit.Numbers.assertClose;

import dev.finetune.internal.torch.CustomGradients;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import java.util.SplittableRandom;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Log-probabilities in chunks, and gradients of whatever is made of them, are those of PyTorch over all logits. */
class ChunkedLogProbabilitiesTest {
    /** Sums over three groups of rows, of which the loss is made so that each has a gradient of its own. */
    private static Tensor loss(Tensor each, int rows) {
        final long[] groups = new long[rows];
        for (int i = 0; i < rows; i++) {
            groups[i] = (i * 7L) % 3;
        }
        final Tensor sums = each.detach().new_zeros(3).index_add(0, Tensors.of(groups, rows), each);
        return sums.mul(Tensors.of(new float[] {0.5f, -2, 0.25f}, 3)).sum();
    }

    @ParameterizedTest(name = "{0} rows over {1} tokens, rows learn {2}, weight learns {3}, bias {4}, capped by {5}")
    @CsvSource({
        "5, 11, true, true, false, 0",
        "5, 11, true, true, true, 0",
        "5, 11, true, true, true, 6",
        "5, 11, true, false, true, 0",
        "5, 11, true, false, false, 6",
        "5, 11, false, true, true, 0",
        "5, 11, false, false, false, 6",
        "0, 11, true, true, false, 0",
        "300, 70001, true, false, true, 30",
        "1100, 40000, true, true, true, 0"
    })
    void valuesAndGradientsAreThoseOfOneProduct(
            int rows, int vocabulary, boolean ofRows, boolean ofWeight, boolean biased, double cap) {
        final SplittableRandom random = new SplittableRandom(rows * 31L + vocabulary);
        final float[] x = numbers(random, rows * WIDTH, 8);
        final float[] w = numbers(random, vocabulary * WIDTH, 8);
        final float[] b = numbers(random, vocabulary, 4);
        final long[] y = random.longs(rows, 0, vocabulary).toArray();
        try (TensorScope scope = TensorScope.open();
                CustomGradients open = CustomGradients.open()) {
            final Tensor labels = Tensors.of(y, rows);
            final Tensor bias = biased ? Tensors.of(b, vocabulary) : null;
            final Tensor ourRows = Tensors.of(x, rows, WIDTH).set_requires_grad(ofRows);
            final Tensor ourWeight = Tensors.of(w, vocabulary, WIDTH).set_requires_grad(ofWeight);
            final Tensor ours = new ChunkedLogProbabilities(
                            ourRows, ourWeight, bias, labels, cap == 0 ? null : new SoftCap(cap))
                    .get();

            final Tensor rowsOfOne = Tensors.of(x, rows, WIDTH).set_requires_grad(ofRows);
            final Tensor weightOfOne = Tensors.of(w, vocabulary, WIDTH).set_requires_grad(ofWeight);
            final Tensor product = rowsOfOne.mm(weightOfOne.t());
            final Tensor biasedLogits = bias == null ? product : product.add(bias);
            final Tensor logits = cap == 0
                    ? biasedLogits
                    : biasedLogits.div(new Scalar(cap)).tanh().mul(new Scalar(cap));
            final Tensor whole =
                    logits.log_softmax(1).gather(1, labels.unsqueeze(1)).squeeze(1);
            assertClose(Tensors.floats(ours), Tensors.floats(whole), 2e-5, "log-probabilities");
            if (ofRows || ofWeight) {
                loss(ours, rows).backward();
                loss(whole, rows).backward();
            }
            if (ofRows) {
                same(ourRows, rowsOfOne, "gradients of the rows");
            }
            if (ofWeight) {
                same(ourWeight, weightOfOne, "gradients of the weight");
            }
        }
    }

    /** What embeds with the weight, too, and a pass before; a leaf, and a weight that is computed itself. */
    @ParameterizedTest(name = "a weight that is computed: {0}")
    @CsvSource({"false", "true"})
    void gradientsOfAWeightAddUpOverAllThatUsesIt(boolean computed) {
        WholeProduct.agreesOverAllUses(
                computed,
                (rows, weight, labels) ->
                        loss(new ChunkedLogProbabilities(rows, weight, null, labels, null).get(), WholeProduct.USES),
                (logits, labels) -> loss(
                        logits.log_softmax(1).gather(1, labels.unsqueeze(1)).squeeze(1), WholeProduct.USES));
    }

    @Test
    void aWeightInBfloat16GivesTheSameToItsRounding() {
        final SplittableRandom random = new SplittableRandom(8);
        final float[] x = numbers(random, 40 * WIDTH, 2);
        final float[] w = numbers(random, 50 * WIDTH, 2);
        final long[] y = random.longs(40, 0, 50).toArray();
        try (TensorScope scope = TensorScope.open();
                CustomGradients open = CustomGradients.open()) {
            final Tensor rows = Tensors.of(x, 40, WIDTH).set_requires_grad(true);
            final Tensor halves = Tensors.of(x, 40, WIDTH).set_requires_grad(true);
            final Tensor weight = Tensors.of(w, 50, WIDTH);
            final Tensor labels = Tensors.of(y, 40);
            final Tensor floats = new ChunkedLogProbabilities(rows, weight, null, labels, null).get();
            final Tensor halved =
                    new ChunkedLogProbabilities(halves, weight.to(ScalarType.BFloat16), null, labels, null).get();
            loss(floats, 40).backward();
            loss(halved, 40).backward();
            assertClose(Tensors.floats(halved), Tensors.floats(floats), 0.03, "log-probabilities");
            assertClose(Tensors.floats(halves.grad()), Tensors.floats(rows.grad()), 0.03, "gradients");
        }
    }
}
