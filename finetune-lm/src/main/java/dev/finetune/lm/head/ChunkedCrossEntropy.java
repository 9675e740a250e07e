package dev.finetune.lm.head;

import dev.finetune.internal.torch.CustomGradients;
import dev.finetune.internal.torch.GradientMode;
import dev.finetune.internal.torch.LeafGradient;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * The sum of -log softmax(x W^T + b)[y] over rows x, and its gradients, some rows at a time, so that the logits of all rows over a
 * large vocabulary are never in memory at once, nor their probabilities, nor the gradients of either. The gradients are computed
 * together with the loss, while the logits are there, and only scaled when backward comes.
 *
 * <p>With label smoothing e over V tokens the target is (1 - e) for y and e / V for each (Szegedy et al., 2016), as PyTorch's
 * cross_entropy has it.
 */
final class ChunkedCrossEntropy {
    /** Numbers in the logits of a chunk, at the most: 128 MB of them where the weight's gradient is added to anew by each. */
    private static final long MOST_WITH_WEIGHT = 1 << 25;

    /** The same where the weight has no gradient: 16 MB of them. */
    private static final long MOST = 1 << 22;

    /** Rows in a chunk, at the least: with fewer, products are slow. */
    private static final long LEAST_ROWS = 64;

    private static final Scalar ONE = new Scalar(1f);

    private final double smoothing;
    private final @Nullable SoftCap cap;

    /** A loss with label smoothing, 0 for none, of logits as they are. */
    ChunkedCrossEntropy(double smoothing) {
        this(smoothing, null);
    }

    /** A loss with label smoothing, 0 for none, of logits that are capped, or aren't where that is null. */
    ChunkedCrossEntropy(double smoothing, @Nullable SoftCap cap) {
        this.smoothing = smoothing;
        this.cap = cap;
    }

    /**
     * What came of all rows.
     *
     * @param loss the sum of losses, a scalar
     * @param right how many labels have the largest logit, a scalar of whole numbers; empty where it wasn't asked for
     */
    record Result(Tensor loss, Optional<Tensor> right) {}

    /**
     * Computes the loss; in the current scope.
     *
     * @param rows (rows, width)
     * @param weight (vocabulary, width)
     * @param bias (vocabulary) or (1, vocabulary), or null for none; gets no gradient
     * @param labels (rows) whole numbers below the vocabulary
     * @param counts whether to count what is right
     */
    Result of(Tensor rows, Tensor weight, @Nullable Tensor bias, Tensor labels, boolean counts) {
        final boolean recorded = CustomGradients.areOpen() && (rows.requires_grad() || weight.requires_grad());
        try (TensorScope scope = TensorScope.open()) {
            final Sums sums = new Sums(rows, weight, recorded);
            try (GradientMode off = GradientMode.off()) {
                final long atOnce = chunk(weight, recorded && weight.requires_grad());
                for (long from = 0; from < rows.size(0); from += atOnce) {
                    try (TensorScope ofChunk = TensorScope.open()) {
                        sums.add(from, Math.min(atOnce, rows.size(0) - from), bias, labels, counts);
                    }
                }
            }
            final Optional<Tensor> right = counts ? Optional.of(scope.keep(sums.right)) : Optional.empty();
            return new Result(scope.keep(recorded ? sums.withGradients() : sums.loss), right);
        }
    }

    /** How many rows are computed at once. */
    static long chunk(Tensor weight, boolean ofWeight) {
        return Math.max(LEAST_ROWS, (ofWeight ? MOST_WITH_WEIGHT : MOST) / weight.size(0));
    }

    /** What is added up over chunks. */
    private final class Sums {
        private final Tensor rows;
        private final Tensor weight;
        private final Tensor loss;
        private final Tensor right;
        private final @Nullable Tensor ofRows;
        private final @Nullable Tensor ofWeight;

        Sums(Tensor rows, Tensor weight, boolean recorded) {
            this.rows = rows;
            this.weight = weight;
            try (GradientMode off = GradientMode.off()) {
                this.loss = torch.zeros(new long[0]).to(rows.device(), ScalarType.Float);
                this.right = torch.zeros(new long[0]).to(rows.device(), ScalarType.Long);
                this.ofRows = recorded && rows.requires_grad() ? torch.empty_like(rows) : null;
                this.ofWeight = recorded && weight.requires_grad() ? torch.zeros_like(weight) : null;
            }
        }

        void add(long from, long count, @Nullable Tensor bias, Tensor labels, boolean counts) {
            final Tensor x = rows.narrow(0, from, count);
            final Tensor y = labels.narrow(0, from, count).unsqueeze(1);
            final Tensor products = torch.mm(x.to(weight.scalar_type()), weight.t());
            final Tensor plain = products.to(ScalarType.Float);
            if (bias != null) {
                plain.add_(bias);
            }
            final @Nullable Tensor tanh = cap == null ? null : cap.tanh(plain);
            final Tensor logits = cap == null ? plain : cap.ofTanh(plain);
            if (counts) {
                right.add_(logits.argmax(new LongOptional(1), true).eq(y).sum());
            }
            final Tensor logProbabilities = torch.log_softmax_out(logits, logits, 1);
            loss.sub_(logProbabilities.gather(1, y).sum(), new Scalar(1 - smoothing));
            if (smoothing > 0) {
                loss.sub_(logProbabilities.sum(), new Scalar(smoothing / weight.size(0)));
            }
            if (ofRows != null || ofWeight != null) {
                gradients(logProbabilities.exp_(), tanh, x, y, from);
            }
        }

        /** The logits' gradient is softmax(logits) - target; where they are capped, times the cap's. */
        private void gradients(Tensor probabilities, @Nullable Tensor tanh, Tensor x, Tensor y, long from) {
            if (smoothing > 0) {
                probabilities.sub_(new Scalar(smoothing / weight.size(0)));
            }
            final Tensor ofTarget = torch.full_like(y.to(ScalarType.Float), new Scalar(smoothing - 1));
            probabilities.scatter_add_(1, y, ofTarget);
            if (cap != null && tanh != null) {
                cap.gradient(probabilities, tanh);
            }
            final Tensor ofLogits = probabilities.to(weight.scalar_type());
            if (ofRows != null) {
                ofRows.narrow(0, from, x.size(0)).copy_(ofLogits.mm(weight));
            }
            if (ofWeight != null) {
                ofWeight.addmm_(ofLogits.t(), x, ONE, ONE);
            }
        }

        /** The loss, from which backward finds these gradients; that of a leaf it adds where it belongs. */
        Tensor withGradients() {
            final boolean addsInPlace = ofWeight != null && LeafGradient.isWantedOf(weight);
            final List<Tensor> inputs = new ArrayList<>();
            final List<Tensor> found = new ArrayList<>();
            if (ofRows != null) {
                inputs.add(rows);
                found.add(ofRows);
            }
            if (ofWeight != null) {
                found.add(ofWeight);
            }
            if (addsInPlace) {
                return CustomGradients.outputOfLeaves(loss, inputs, found, (gradient, kept, gradients) -> {
                    final List<Tensor> scaled = scaled(gradient, kept);
                    LeafGradient.add(weight, scaled.get(inputs.size()));
                    setAll(gradients, scaled, inputs.size());
                });
            }
            if (ofWeight != null) {
                inputs.add(weight);
            }
            return CustomGradients.output(
                    loss,
                    inputs,
                    found,
                    (gradient, kept, gradients) -> setAll(gradients, scaled(gradient, kept), inputs.size()));
        }

        /** In place. */
        private static List<Tensor> scaled(Tensor gradient, List<Tensor> kept) {
            final Scalar factor = new Scalar(Tensors.scalar(gradient));
            return kept.stream().map(each -> each.mul_(factor)).toList();
        }

        private static void setAll(CustomGradients.Gradients gradients, List<Tensor> values, int count) {
            for (int i = 0; i < count; i++) {
                gradients.set(i, values.get(i));
            }
        }
    }
}
