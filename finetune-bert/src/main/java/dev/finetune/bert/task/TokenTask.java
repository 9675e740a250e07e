package dev.finetune.bert.task;

import dev.finetune.batch.HostBatch;
import dev.finetune.batch.HostTensor;
import dev.finetune.batch.Target;
import dev.finetune.bert.text.EncodedText;
import dev.finetune.head.Head;
import dev.finetune.head.Prediction;
import dev.finetune.metrics.EntityMetrics;
import dev.finetune.metrics.Metrics;
import dev.finetune.metrics.Totals;
import dev.finetune.nn.Batch;
import dev.finetune.nn.TensorValues;
import dev.finetune.task.CrossEntropy;
import dev.finetune.task.Labels;
import dev.finetune.task.LossOptions;
import dev.finetune.task.Outputs;
import dev.finetune.task.Softmax;
import dev.finetune.task.Task;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** A tag for each word, said by its first token: cross entropy over "logits" (batch, length, tags). */
public final class TokenTask implements Task {
    private static final String UNREAD = "";

    private final Head.Tokens head;
    private final CrossEntropy loss;

    /**
     * A task for a head whose tags are known.
     *
     * @param head with its tags
     * @param options label smoothing, class weights and focal loss
     */
    public TokenTask(Head.Tokens head, LossOptions options) {
        this.head = head;
        this.loss = new CrossEntropy(options, head.labels().size());
    }

    @Override
    public Head head() {
        return head;
    }

    @Override
    public double weight(HostBatch batch) {
        return loss.weight(batch);
    }

    @Override
    public Tensor lossSum(Map<String, Tensor> outputs, Batch batch) {
        return loss.sum(
                Outputs.named(outputs, "logits").to(ScalarType.Float).flatten(0, 1),
                Labels.of(batch).flatten(),
                batch);
    }

    @Override
    public String mainMetric() {
        return "f1";
    }

    @Override
    public Scorer scorer() {
        final EntityMetrics metrics = new EntityMetrics(labels());
        return new Scorer() {
            @Override
            public void add(Map<String, Tensor> outputs, Batch batch) {
                final float[] logits = TensorValues.floats(Outputs.named(outputs, "logits"));
                final HostTensor.Longs labels = (HostTensor.Longs) batch.hostColumn("labels");
                final int length = Math.toIntExact(labels.shape()[1]);
                for (int row = 0; row < batch.size(); row++) {
                    final List<String> truths = new ArrayList<>();
                    final List<String> guesses = new ArrayList<>();
                    for (int i = row * length; i < (row + 1) * length; i++) {
                        if (labels.data()[i] != Target.IGNORED) {
                            truths.add(labels().get(Math.toIntExact(labels.data()[i])));
                            guesses.add(labels().get(Softmax.best(logits, i * labels().size(), labels().size())));
                        }
                    }
                    metrics.add(truths, guesses);
                }
            }

            @Override
            public void total(Totals totals) {
                metrics.total(totals);
            }

            @Override
            public Metrics result(double loss) {
                return metrics.result().with("loss", loss);
            }
        };
    }

    @Override
    public List<Prediction> decode(Map<String, Tensor> outputs, HostBatch batch) {
        final float[] logits = TensorValues.floats(Outputs.named(outputs, "logits"));
        final int tags = labels().size();
        final int length = logits.length / tags / batch.size();
        final List<Prediction> predictions = new ArrayList<>();
        for (int row = 0; row < batch.size(); row++) {
            final EncodedText text = (EncodedText) batch.rows().get(row);
            final int start = row * length;
            final List<float[]> tokens = new ArrayList<>();
            for (int i = 0; i < text.length(); i++) {
                tokens.add(Arrays.copyOfRange(logits, (start + i) * tags, (start + i + 1) * tags));
            }
            predictions.add(tagged((EncodedText.Trace.WordStarts) text.trace(), tokens));
        }
        return predictions;
    }

    private Prediction tagged(EncodedText.Trace.WordStarts words, List<float[]> tokens) {
        final List<String> tags = new ArrayList<>();
        final List<Double> probabilities = new ArrayList<>();
        for (int first : words.firstTokens()) {
            if (first < 0) {
                tags.add(UNREAD);
                probabilities.add(0.0);
            } else {
                final float[] logits = tokens.get(first);
                final int best = Softmax.best(logits, 0, logits.length);
                tags.add(labels().get(best));
                probabilities.add(Softmax.of(logits, 0, logits.length)[best]);
            }
        }
        return new Prediction.Tags(List.copyOf(tags), List.copyOf(probabilities), List.copyOf(tokens));
    }
}
