package dev.finetune.lm.head;

import dev.finetune.internal.torch.CustomGradients;
import dev.finetune.internal.torch.GradientMode;
import dev.finetune.internal.torch.TensorScope;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * log softmax(x W^T + b)[y] of each row x, (rows), and its gradients, some rows at a time, so that the logits of all rows over a
 * large vocabulary are never in memory at once. What is made of the log-probabilities isn't known before backward comes. Where only
 * the rows want a gradient, that of each log-probability is computed while the logits are there, and scaled by what comes; where the
 * weight wants one, too, the logits are computed again.
 */
final class ChunkedLogProbabilities {
    private static final Scalar ONE = new Scalar(1f);

    private final Tensor rows;
    private final Tensor weight;
    private final @Nullable Tensor bias;
    private final Tensor labels;
    private final @Nullable SoftCap cap;

    /**
     * Log-probabilities of labels.
     *
     * @param rows (rows, width)
     * @param weight (vocabulary, width)
     * @param bias (vocabulary) or (1, vocabulary), or null for none; gets no gradient
     * @param labels (rows) whole numbers below the vocabulary
     * @param cap of the logits, or null for none
     */
    ChunkedLogProbabilities(Tensor rows, Tensor weight, @Nullable Tensor bias, Tensor labels, @Nullable SoftCap cap) {
        this.rows = rows;
        this.weight = weight;
        this.bias = bias;
        this.labels = labels;
        this.cap = cap;
    }

    /** What is computed of some rows, of which the first has a number. */
    private interface OfChunk {
        void add(long from, Tensor x, Tensor y);
    }

    /** {@return one number a row, in the current scope} */
    Tensor get() {
        final boolean ofRows = CustomGradients.areOpen() && rows.requires_grad();
        final boolean ofWeight = CustomGradients.areOpen() && weight.requires_grad();
        try (TensorScope scope = TensorScope.open()) {
            final Tensor values;
            final Tensor each;
            try (GradientMode off = GradientMode.off()) {
                values = rows.new_zeros(rows.size(0)).to(ScalarType.Float);
                each = ofRows && !ofWeight ? torch.empty_like(rows) : values;
                inChunks(ofWeight, (from, x, y) -> {
                    final Logs logs = logProbabilities(x);
                    values.narrow(0, from, x.size(0))
                            .copy_(logs.values().gather(1, y).squeeze(1));
                    if (ofRows && !ofWeight) {
                        each.narrow(0, from, x.size(0))
                                .copy_(ofLogits(logs, y)
                                        .to(weight.scalar_type())
                                        .mm(weight));
                    }
                });
            }
            if (ofWeight) {
                return scope.keep(computedAgain(values, ofRows));
            }
            return scope.keep(ofRows ? scaled(values, each) : values);
        }
    }

    private void inChunks(boolean ofWeight, OfChunk chunk) {
        final long atOnce = ChunkedCrossEntropy.chunk(weight, ofWeight);
        for (long from = 0; from < rows.size(0); from += atOnce) {
            try (TensorScope ofChunk = TensorScope.open()) {
                final long count = Math.min(atOnce, rows.size(0) - from);
                chunk.add(
                        from,
                        rows.narrow(0, from, count),
                        labels.narrow(0, from, count).unsqueeze(1));
            }
        }
    }

    /**
     * Log-probabilities of all tokens.
     *
     * @param values (rows, vocabulary)
     * @param tanh of the logits where they are capped, else null
     */
    private record Logs(Tensor values, @Nullable Tensor tanh) {}

    private Logs logProbabilities(Tensor x) {
        final Tensor plain = torch.mm(x.to(weight.scalar_type()), weight.t()).to(ScalarType.Float);
        if (bias != null) {
            plain.add_(bias);
        }
        final @Nullable Tensor tanh = cap == null ? null : cap.tanh(plain);
        final Tensor logits = cap == null ? plain : cap.ofTanh(plain);
        return new Logs(torch.log_softmax_out(logits, logits, 1), tanh);
    }

    /**
     * The gradient of a label's log-probability with regard to the logits is one at the label - softmax(logits), where they are
     * capped, times the cap's; in place.
     */
    private Tensor ofLogits(Logs logs, Tensor y) {
        final Tensor negative = logs.values().exp_().neg_();
        negative.scatter_add_(1, y, torch.ones_like(y.to(ScalarType.Float)));
        if (cap != null && logs.tanh() != null) {
            cap.gradient(negative, logs.tanh());
        }
        return negative;
    }

    private Tensor scaled(Tensor values, Tensor each) {
        return CustomGradients.output(
                values,
                List.of(rows),
                List.of(each),
                (gradient, kept, gradients) -> gradients.set(0, kept.get(0).mul_(gradient.unsqueeze(1))));
    }

    private Tensor computedAgain(Tensor values, boolean ofRows) {
        final List<Tensor> inputs = ofRows ? List.of(rows, weight) : List.of(weight);
        final Tensor noBias = rows.new_zeros(0);
        return CustomGradients.output(
                values,
                inputs,
                List.of(rows, weight, labels, bias == null ? noBias : bias),
                (gradient, kept, gradients) -> {
                    final @Nullable Tensor same = kept.get(3).numel() == 0 ? null : kept.get(3);
                    final ChunkedLogProbabilities again =
                            new ChunkedLogProbabilities(kept.get(0), kept.get(1), same, kept.get(2), cap);
                    again.addGradients(gradient, ofRows, gradients);
                });
    }

    private void addGradients(Tensor gradient, boolean alsoOfRows, CustomGradients.Gradients gradients) {
        final Tensor ofWeight = torch.zeros_like(weight);
        final Tensor ofRows = alsoOfRows ? torch.empty_like(rows) : rows;
        inChunks(true, (from, x, y) -> {
            final Tensor scale = gradient.narrow(0, from, x.size(0)).unsqueeze(1);
            final Tensor ofLogits = ofLogits(logProbabilities(x), y).mul_(scale);
            if (alsoOfRows) {
                ofRows.narrow(0, from, x.size(0)).copy_(ofLogits.mm(weight));
            }
            ofWeight.addmm_(ofLogits.t(), x, ONE, ONE);
        });
        if (alsoOfRows) {
            gradients.set(0, ofRows);
        }
        gradients.set(alsoOfRows ? 1 : 0, ofWeight);
    }
}
