package dev.finetune.task;

import dev.finetune.batch.HostBatch;
import dev.finetune.batch.HostTensor;
import dev.finetune.batch.Target;
import dev.finetune.calibration.Calibration;
import dev.finetune.data.Label;
import dev.finetune.data.LabelSet;
import dev.finetune.head.Head;
import dev.finetune.head.Prediction;
import dev.finetune.internal.torch.Tensors;
import dev.finetune.metrics.ClassificationMetrics;
import dev.finetune.metrics.Metrics;
import dev.finetune.metrics.Totals;
import dev.finetune.nn.Batch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * One class of several: cross entropy over "logits" (batch, classes) and "labels", which are class indices (batch), or
 * soft: a probability per class (batch, classes), as mixing examples makes them. Metrics take the first of a soft label's
 * most probable classes for the true one.
 */
public final class ClassificationTask implements Task {
    private final Head.Classification head;
    private final CrossEntropy loss;
    private final Calibration calibration;

    /**
     * A task for a head whose labels are known.
     *
     * @param head with its labels
     * @param options label smoothing, class weights and focal loss
     */
    public ClassificationTask(Head.Classification head, LossOptions options) {
        this(head, new CrossEntropy(options, head.classes()), Calibration.NONE);
    }

    private ClassificationTask(Head.Classification head, CrossEntropy loss, Calibration calibration) {
        this.head = head;
        this.loss = loss;
        this.calibration = calibration;
        calibration.check(head.classes() == 2 ? 1 : 0, head.labels());
    }

    @Override
    public Calibration calibration() {
        return calibration;
    }

    @Override
    public Task calibrated(Calibration other) {
        return new ClassificationTask(head, loss, other);
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
        return loss.sum(logits(outputs), Labels.of(batch), batch);
    }

    @Override
    public Function<Label, Target> targets() {
        final LabelSet labels = LabelSet.of(head.labels());
        return Targets.of(
                head,
                label -> label instanceof Label.Category category
                        ? Optional.of(new Target.Index(labels.indexOf(category.name())))
                        : Optional.empty());
    }

    @Override
    public Scores scores() {
        return Scores.ONE_OF_SEVERAL;
    }

    @Override
    public String mainMetric() {
        return "accuracy";
    }

    @Override
    public Scorer scorer() {
        final ClassificationMetrics metrics = new ClassificationMetrics(labels());
        return new Scorer() {
            @Override
            public void add(Map<String, Tensor> outputs, Batch batch) {
                final double[][] probabilities =
                        probabilities(Tensors.floats(Outputs.named(outputs, "logits")), head.classes());
                final HostTensor labels = batch.hostColumn("labels");
                for (int i = 0; i < probabilities.length; i++) {
                    metrics.add(truth(labels, i), probabilities[i], chosen(probabilities[i]));
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
        final float[] flat = Tensors.floats(Outputs.named(outputs, "logits"));
        final int classes = head.classes();
        final double[][] probabilities = probabilities(flat, classes);
        final List<Prediction> predictions = new ArrayList<>();
        for (int row = 0; row < probabilities.length; row++) {
            final Map<String, Double> byLabel = new LinkedHashMap<>();
            for (int i = 0; i < classes; i++) {
                byLabel.put(labels().get(i), probabilities[row][i]);
            }
            predictions.add(new Prediction.Category(
                    labels().get(chosen(probabilities[row])),
                    java.util.Collections.unmodifiableMap(byLabel),
                    List.of(Arrays.copyOfRange(flat, row * classes, (row + 1) * classes))));
        }
        return predictions;
    }

    /** The second of two classes from its threshold on, else the first of the most probable. */
    private int chosen(double[] probabilities) {
        if (!calibration.thresholds().isEmpty()) {
            return probabilities[1] >= calibration.thresholds().get(0) ? 1 : 0;
        }
        int best = 0;
        for (int i = 1; i < probabilities.length; i++) {
            best = probabilities[i] > probabilities[best] ? i : best;
        }
        return best;
    }

    private int truth(HostTensor labels, int row) {
        return labels instanceof HostTensor.Floats soft
                ? Softmax.best(soft.data(), row * head.classes(), head.classes())
                : Math.toIntExact(((HostTensor.Longs) labels).data()[row]);
    }

    /** float32 logits: losses are computed in full precision under autocast, too. */
    private static Tensor logits(Map<String, Tensor> outputs) {
        return Outputs.named(outputs, "logits").to(ScalarType.Float);
    }

    private double[][] probabilities(float[] logits, int classes) {
        return IntStream.range(0, logits.length / classes)
                .mapToObj(row -> Softmax.of(logits, row * classes, classes, calibration.temperature()))
                .toArray(double[][]::new);
    }
}
