package dev.finetune.lm.head;

import static dev.finetune.testkit.Numbers.assertClose;

import dev.finetune.internal.torch.CustomGradients;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import java.util.SplittableRandom;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/** What is computed in chunks beside the same over all logits at once. */
final class WholeProduct {
    static final int WIDTH = 6;

    /** How many rows {@link #agreesOverAllUses} has. */
    static final int USES = 40;

    private static final int VOCABULARY = 50;

    private WholeProduct() {}

    /** A loss of rows (rows, width), a weight (vocabulary, width) and labels (rows). */
    interface Chunked {
        Tensor loss(Tensor rows, Tensor weight, Tensor labels);
    }

    /** The same loss of logits (rows, vocabulary). */
    interface Whole {
        Tensor loss(Tensor logits, Tensor labels);
    }

    static float[] numbers(SplittableRandom random, int count, double size) {
        final float[] numbers = new float[count];
        for (int i = 0; i < count; i++) {
            numbers[i] = (float) ((random.nextDouble() - 0.5) * size);
        }
        return numbers;
    }

    /** To the rounding of 32-bit sums in another order, which is that of their largest terms. */
    static void same(Tensor ours, Tensor theirs, String what) {
        final float[] expected = Tensors.floats(theirs.grad());
        double largest = 1;
        for (float each : expected) {
            largest = Math.max(largest, Math.abs(each));
        }
        assertClose(Tensors.floats(ours.grad()), expected, 2e-5 * largest, what);
    }

    /** Compares gradients of a weight that embeds the rows, too, added up over two passes. */
    static void agreesOverAllUses(boolean computed, Chunked chunked, Whole whole) {
        final SplittableRandom random = new SplittableRandom(4);
        final float[] w = numbers(random, VOCABULARY * WIDTH, 4);
        final long[] ids = random.longs(USES, 0, VOCABULARY).toArray();
        final long[] y = random.longs(USES, 0, VOCABULARY).toArray();
        try (TensorScope scope = TensorScope.open();
                CustomGradients open = CustomGradients.open()) {
            final Tensor ours = Tensors.of(w, VOCABULARY, WIDTH).set_requires_grad(true);
            final Tensor theirs = Tensors.of(w, VOCABULARY, WIDTH).set_requires_grad(true);
            final Tensor labels = Tensors.of(y, USES);
            for (int pass = 0; pass < 2; pass++) {
                final Tensor ourWeight = computed ? ours.mul(new Scalar(2)) : ours;
                final Tensor ourRows = ourWeight.index_select(0, Tensors.of(ids, USES));
                chunked.loss(ourRows, ourWeight, labels).backward();
                final Tensor weightOfOne = computed ? theirs.mul(new Scalar(2)) : theirs;
                final Tensor rowsOfOne = weightOfOne.index_select(0, Tensors.of(ids, USES));
                whole.loss(rowsOfOne.mm(weightOfOne.t()), labels).backward();
            }
            same(ours, theirs, "gradients of the weight");
        }
    }
}
