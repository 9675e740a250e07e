package dev.finetune.bert.task;

import dev.finetune.batch.HostBatch;
import dev.finetune.batch.HostTensor;
import dev.finetune.batch.Target;
import dev.finetune.bert.heads.MaskedLmHead;
import dev.finetune.error.FinetuneException;
import dev.finetune.head.Head;
import dev.finetune.head.Prediction;
import dev.finetune.metrics.Metrics;
import dev.finetune.metrics.PerplexityMetrics;
import dev.finetune.metrics.Totals;
import dev.finetune.nn.Batch;
import dev.finetune.nn.TensorValues;
import dev.finetune.task.CrossEntropy;
import dev.finetune.task.LossOptions;
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
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The masked words: cross entropy over "logits" (labelled places, vocabulary). Its predictions fill the places where the
 * input has a mask token.
 */
public final class MaskedLmTask implements Task {
    private static final int SHOWN = 5;

    private final Head.MaskedLm head;
    private final CrossEntropy loss;
    private final int maskId;
    private final IntFunction<String> token;

    /**
     * A task over a vocabulary.
     *
     * @param head which tokens are masked
     * @param options label smoothing, class weights and focal loss
     * @param vocabulary how many tokens there are
     * @param maskId the id of the mask token
     * @param token the token of an id
     */
    public MaskedLmTask(
            Head.MaskedLm head, LossOptions options, int vocabulary, int maskId, IntFunction<String> token) {
        if (!options.classWeights().isEmpty()) {
            throw new FinetuneException("Class weights make no sense for masked-language modelling.");
        }
        this.head = head;
        this.loss = new CrossEntropy(options, vocabulary);
        this.maskId = maskId;
        this.token = token;
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
        return loss.sum(Outputs.named(outputs, "logits").to(ScalarType.Float), targets(batch), batch);
    }

    private static Tensor targets(Batch batch) {
        return batch.get("labels").flatten().index_select(0, MaskedLmHead.labelledPlaces(batch));
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
                final long[] guesses =
                        TensorValues.longs(Outputs.named(outputs, "logits").argmax(new LongOptional(-1), false));
                final long[] labels = ((HostTensor.Longs) batch.hostColumn("labels")).data();
                final long[] truths = IntStream.range(0, labels.length)
                        .filter(i -> labels[i] != Target.IGNORED)
                        .mapToLong(i -> labels[i])
                        .toArray();
                long right = 0;
                for (int i = 0; i < truths.length; i++) {
                    right += guesses[i] == truths[i] ? 1 : 0;
                }
                metrics.add(TensorValues.scalar(lossSum(outputs, batch)), truths.length, right);
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
        final HostTensor.Longs ids =
                (HostTensor.Longs) Objects.requireNonNull(batch.columns().get("input_ids"));
        final int length = Math.toIntExact(ids.shape()[1]);
        final List<Prediction> predictions = new ArrayList<>();
        for (int row = 0; row < batch.size(); row++) {
            final List<Map<String, Double>> places = new ArrayList<>();
            final List<float[]> logits = new ArrayList<>();
            for (int i = 0; i < length; i++) {
                if (ids.data()[row * length + i] == maskId) {
                    final float[] scores = TensorValues.floats(
                            Outputs.named(outputs, "logits").select(0, row).select(0, i));
                    logits.add(scores);
                    places.add(best(scores));
                }
            }
            predictions.add(new Prediction.Fills(places, logits));
        }
        return predictions;
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
