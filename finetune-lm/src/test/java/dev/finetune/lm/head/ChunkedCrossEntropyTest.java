package dev.finetune.lm.head;

import static dev.finetune.lm.head.WholeProduct.WIDTH;
import static dev.finetune.lm.head.WholeProduct.numbers;
import static dev.finetune.lm.head.WholeProduct.same;
import static dev.finetune.testkit.Numbers.assertClose;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.finetune.internal.torch.CustomGradients;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import java.util.SplittableRandom;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The loss in chunks, and its gradients, are those of PyTorch's cross entropy over all logits. */
class ChunkedCrossEntropyTest {
    private static final long SUM = 2;

    @ParameterizedTest(name = "{0} rows over {1} tokens, smoothing {2}, weight trained {3}, bias {4}, capped by {5}")
    @CsvSource({
        "5, 11, 0, true, false, 0",
        "5, 11, 0.1, true, true, 0",
        "5, 11, 0, true, false, 6",
        "5, 11, 0.1, true, true, 6",
        "0, 11, 0.1, true, false, 6",
        "1, 2, 0.3, false, false, 0",
        "300, 70001, 0, false, true, 0",
        "300, 70001, 0.1, false, false, 30",
        "1100, 40000, 0.1, true, false, 0"
    })
    void lossAndGradientsAreThoseOfOneProduct(
            int rows, int vocabulary, double smoothing, boolean trained, boolean biased, double cap) {
        final SplittableRandom random = new SplittableRandom(rows * 31L + vocabulary);
        final float[] x = numbers(random, rows * WIDTH, 8);
        final float[] w = numbers(random, vocabulary * WIDTH, 8);
        final float[] b = numbers(random, vocabulary, 4);
        final long[] y = random.longs(rows, 0, vocabulary).toArray();
        try (TensorScope scope = TensorScope.open();
                CustomGradients open = CustomGradients.open()) {
            final Tensor labels = Tensors.of(y, rows);
            final Tensor bias = biased ? Tensors.of(b, vocabulary) : null;
            final Tensor ourRows = Tensors.of(x, rows, WIDTH).set_requires_grad(true);
            final Tensor ourWeight = Tensors.of(w, vocabulary, WIDTH).set_requires_grad(trained);
            final ChunkedCrossEntropy.Result ours = new ChunkedCrossEntropy(
                            smoothing, cap == 0 ? null : new SoftCap(cap))
                    .of(ourRows, ourWeight, bias, labels, true);
            ours.loss().mul(new Scalar(0.5)).backward();

            final Tensor rowsOfOne = Tensors.of(x, rows, WIDTH).set_requires_grad(true);
            final Tensor weightOfOne = Tensors.of(w, vocabulary, WIDTH).set_requires_grad(trained);
            final Tensor product = rowsOfOne.mm(weightOfOne.t());
            final Tensor biasedLogits = bias == null ? product : product.add(bias);
            final Tensor logits = cap == 0
                    ? biasedLogits
                    : biasedLogits.div(new Scalar(cap)).tanh().mul(new Scalar(cap));
            final Tensor whole = torch.cross_entropy_loss(logits, labels, new TensorOptional(), SUM, -100, smoothing);
            whole.mul(new Scalar(0.5)).backward();

            final double expected = Tensors.scalar(whole);
            assertThat(Tensors.scalar(ours.loss())).isCloseTo(expected, within(1e-5 * Math.max(1, expected)));
            assertThat((long) Tensors.scalar(ours.right().orElseThrow())).isEqualTo((long) Tensors.scalar(
                    logits.argmax(new LongOptional(1), false).eq(labels).sum()));
            same(ourRows, rowsOfOne, "gradients of the rows");
            if (trained) {
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
                (rows, weight, labels) -> new ChunkedCrossEntropy(0)
                        .of(rows, weight, null, labels, false)
                        .loss(),
                (logits, labels) -> torch.cross_entropy_loss(logits, labels, new TensorOptional(), SUM, -100, 0));
    }

    @ParameterizedTest(name = "smoothing {0}")
    @CsvSource({"0", "0.1"})
    void aWeightInBfloat16GivesTheSameToItsRounding(double smoothing) {
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
            final ChunkedCrossEntropy loss = new ChunkedCrossEntropy(smoothing);
            final Tensor floats = loss.of(rows, weight, null, labels, false).loss();
            final Tensor halved = loss.of(halves, weight.to(ScalarType.BFloat16), null, labels, false)
                    .loss();
            floats.backward();
            halved.backward();
            assertThat(Tensors.scalar(halved)).isCloseTo(Tensors.scalar(floats), within(0.01 * Tensors.scalar(floats)));
            assertClose(Tensors.floats(halves.grad()), Tensors.floats(rows.grad()), 0.02, "gradients");
        }
    }
}
