package dev.finetune.preference;

import dev.finetune.batch.HostBatch;
import dev.finetune.head.Head;
import dev.finetune.head.Prediction;
import dev.finetune.internal.torch.Tensors;
import dev.finetune.metrics.Metrics;
import dev.finetune.metrics.PreferenceMetrics;
import dev.finetune.metrics.Totals;
import dev.finetune.nn.Batch;
import dev.finetune.task.Outputs;
import dev.finetune.task.Task;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Which of two answers is preferred? The loss of {@link PreferenceLoss}, averaged over the pairs of a step, and {@link
 * PreferenceMetrics}. Learned and evaluated, not predicted.
 */
public final class PreferenceTask implements Task {
    private final Head head;
    private final PreferenceLoss loss;

    /**
     * A task for a head that gives "log_probabilities" and "tokens" (rows).
     *
     * @param head of the network
     * @param loss over pairs
     */
    public PreferenceTask(Head head, PreferenceLoss loss) {
        this.head = head;
        this.loss = loss;
    }

    @Override
    public Head head() {
        return head;
    }

    @Override
    public double weight(HostBatch batch) {
        return batch.size() / 2.0;
    }

    @Override
    public Tensor lossSum(Map<String, Tensor> outputs, Batch batch) {
        return scores(outputs, batch).losses().sum();
    }

    private PreferenceLoss.Scores scores(Map<String, Tensor> outputs, Batch batch) {
        return loss.of(
                paired(Outputs.named(outputs, "log_probabilities")),
                paired(Outputs.named(outputs, "tokens")),
                paired(batch.get(PreferenceRows.REFERENCE)));
    }

    private static Tensor paired(Tensor rows) {
        return rows.to(ScalarType.Float).reshape(-1, 2);
    }

    @Override
    public String mainMetric() {
        return "loss";
    }

    @Override
    public Scorer scorer() {
        final PreferenceMetrics metrics = new PreferenceMetrics();
        return new Scorer() {
            @Override
            public void add(Map<String, Tensor> outputs, Batch batch) {
                final float[] rewards = Tensors.floats(scores(outputs, batch).rewards());
                final float[] sums = Tensors.floats(Outputs.named(outputs, "log_probabilities"));
                for (int i = 0; i < rewards.length; i += 2) {
                    metrics.add(rewards[i], rewards[i + 1], sums[i], sums[i + 1]);
                }
            }

            @Override
            public void total(Totals totals) {
                metrics.total(totals);
            }

            @Override
            public Metrics result(double mean) {
                return metrics.result(mean);
            }
        };
    }

    @Override
    public List<Prediction> decode(Map<String, Tensor> outputs, HostBatch batch) {
        throw new UnsupportedOperationException("preferences are learned, not predicted");
    }
}
