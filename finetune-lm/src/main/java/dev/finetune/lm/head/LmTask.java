package dev.finetune.lm.head;

import dev.finetune.batch.HostBatch;
import dev.finetune.batch.HostTensor;
import dev.finetune.head.Head;
import dev.finetune.head.Prediction;
import dev.finetune.metrics.Metrics;
import dev.finetune.metrics.PerplexityMetrics;
import dev.finetune.metrics.Totals;
import dev.finetune.nn.Batch;
import dev.finetune.nn.TensorValues;
import dev.finetune.task.Outputs;
import dev.finetune.task.Task;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;

/**
 * The tokens that come next: the cross entropy of {@link LmHead}, normalised over all labelled tokens of a step. Metrics are the
 * mean loss, perplexity (e to the loss) and the accuracy over tokens; predictions are the most probable next tokens.
 */
public final class LmTask implements Task {
    private static final int SHOWN = 5;

    private final Head head;
    private final boolean shifted;
    private final IntFunction<String> token;

    /**
     * A task over a vocabulary.
     *
     * @param head whose task it is
     * @param shifted whether a label is predicted one place earlier
     * @param token the token of an id, for predictions
     */
    public LmTask(Head head, boolean shifted, IntFunction<String> token) {
        this.head = head;
        this.shifted = shifted;
        this.token = token;
    }

    @Override
    public Head head() {
        return head;
    }

    @Override
    public double weight(HostBatch batch) {
        return NextTokenTargets.count(Objects.requireNonNull(batch.columns().get("labels")), shifted);
    }

    @Override
    public Tensor lossSum(Map<String, Tensor> outputs, Batch batch) {
        return Outputs.named(outputs, "loss");
    }

    @Override
    public String mainMetric() {
        return "loss";
    }

    @Override
    public Scorer scorer() {
        final PerplexityMetrics metrics = new PerplexityMetrics();
        return new Scorer() {
            @Override
            public void add(Map<String, Tensor> outputs, Batch batch) {
                metrics.add(
                        TensorValues.scalar(Outputs.named(outputs, "loss")),
                        NextTokenTargets.count(batch.hostColumn("labels"), shifted),
                        (long) TensorValues.scalar(Outputs.named(outputs, "right")));
            }

            @Override
            public void total(Totals totals) {
                metrics.total(totals);
            }

            @Override
            public Metrics result(double loss) {
                return metrics.result();
            }
        };
    }

    @Override
    public List<Prediction> decode(Map<String, Tensor> outputs, HostBatch batch) {
        final Tensor logits = Outputs.named(outputs, "logits");
        final List<Prediction> predictions = new ArrayList<>();
        for (int row = 0; row < batch.size(); row++) {
            final long last = shifted ? last(batch, row) : logits.size(1) - 1;
            final float[] scores = TensorValues.floats(logits.select(0, row).select(0, last));
            predictions.add(new Prediction.Fills(List.of(best(scores)), List.of(scores)));
        }
        return predictions;
    }

    /** Where a row's last token stands that isn't padding. */
    private static int last(HostBatch batch, int row) {
        final HostTensor.Longs mask =
                (HostTensor.Longs) Objects.requireNonNull(batch.columns().get("attention_mask"));
        final int length = Math.toIntExact(mask.shape()[1]);
        int last = length - 1;
        while (last > 0 && mask.data()[row * length + last] == 0) {
            last--;
        }
        return last;
    }

    private Map<String, Double> best(float[] scores) {
        double max = Double.NEGATIVE_INFINITY;
        for (float score : scores) {
            max = Math.max(max, score);
        }
        double sum = 0;
        for (float score : scores) {
            sum += Math.exp(score - max);
        }
        final Map<String, Double> best = new LinkedHashMap<>();
        final double top = max;
        final double total = sum;
        IntStream.range(0, scores.length)
                .boxed()
                .sorted((a, b) -> Float.compare(scores[b], scores[a]))
                .limit(SHOWN)
                .forEach(id -> best.put(token.apply(id), Math.exp(scores[id] - top) / total));
        return Collections.unmodifiableMap(best);
    }
}
