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
import dev.finetune.metrics.Metrics;
import dev.finetune.metrics.MultiLabelMetrics;
import dev.finetune.metrics.Totals;
import dev.finetune.nn.Batch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Any number of classes at once: binary cross entropy of sigmoid(logits), the mean over examples and classes (PyTorch's
 * BCEWithLogitsLoss, which Transformers uses for multi_label_classification). Focal, each of them times (1 - p)^gamma, p
 * the probability of what is true (Lin et al., 2017).
 */
public final class MultiLabelTask implements Task {
    private static final long SUM = 2;

    private static final long NONE = 0;

    private final Head.MultiLabel head;
    private final LossOptions options;
    private final Calibration calibration;

    /**
     * A task for a head whose labels are known.
     *
     * @param head with its labels
     */
    public MultiLabelTask(Head.MultiLabel head) {
        this(head, LossOptions.DEFAULT);
    }

    /**
     * The same with a loss that may be focal; its other options are for one class of several.
     *
     * @param head with its labels
     * @param options label smoothing, class weights and focal loss
     */
    public MultiLabelTask(Head.MultiLabel head, LossOptions options) {
        this(head, options, Calibration.NONE);
    }

    private MultiLabelTask(Head.MultiLabel head, LossOptions options, Calibration calibration) {
        this.head = head;
        this.options = options;
        this.calibration = calibration;
        calibration.check(head.labels().size(), head.labels());
    }

    @Override
    public Calibration calibration() {
        return calibration;
    }

    @Override
    public Task calibrated(Calibration other) {
        return new MultiLabelTask(head, options, other);
    }

    @Override
    public Head head() {
        return head;
    }

    @Override
    public double weight(HostBatch batch) {
        Labels.of(batch);
        return (double) batch.size() * labels().size();
    }

    @Override
    public Tensor lossSum(Map<String, Tensor> outputs, Batch batch) {
        final boolean focal = options.focalGamma() > 0;
        final Tensor loss = torch.binary_cross_entropy_with_logits(
                Outputs.named(outputs, "logits").to(ScalarType.Float),
                Labels.of(batch),
                new TensorOptional(),
                new TensorOptional(),
                focal ? NONE : SUM);
        return focal ? options.focalFactor(loss).mul(loss).sum() : loss;
    }

    @Override
    public Function<Label, Target> targets() {
        final LabelSet labels = LabelSet.of(head.labels());
        return Targets.of(head, label -> {
            if (!(label instanceof Label.Categories categories)) {
                return Optional.empty();
            }
            final float[] truths = new float[labels.size()];
            categories.names().forEach(name -> truths[labels.indexOf(name)] = 1);
            return Optional.of(new Target.Vector(truths));
        });
    }

    @Override
    public Scores scores() {
        return Scores.EACH_BY_ITSELF;
    }

    @Override
    public String mainMetric() {
        return "f1_micro";
    }

    @Override
    public Scorer scorer() {
        final MultiLabelMetrics metrics = new MultiLabelMetrics(labels(), calibration.thresholds());
        return new Scorer() {
            @Override
            public void add(Map<String, Tensor> outputs, Batch batch) {
                final float[] logits = Tensors.floats(Outputs.named(outputs, "logits"));
                final float[] truths = ((HostTensor.Floats) batch.hostColumn("labels")).data();
                final int width = labels().size();
                for (int from = 0; from < logits.length; from += width) {
                    metrics.add(Arrays.copyOfRange(truths, from, from + width), sigmoid(logits, from, width));
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
        final float[] logits = Tensors.floats(Outputs.named(outputs, "logits"));
        final int width = labels().size();
        final List<Prediction> predictions = new ArrayList<>();
        for (int from = 0; from < logits.length; from += width) {
            final double[] probabilities = sigmoid(logits, from, width);
            final Map<String, Double> byLabel = new LinkedHashMap<>();
            final List<String> chosen = new ArrayList<>();
            for (int i = 0; i < width; i++) {
                byLabel.put(labels().get(i), probabilities[i]);
                if (probabilities[i] >= threshold(i)) {
                    chosen.add(labels().get(i));
                }
            }
            predictions.add(new Prediction.Categories(
                    List.copyOf(chosen),
                    Collections.unmodifiableMap(byLabel),
                    List.of(Arrays.copyOfRange(logits, from, from + width))));
        }
        return predictions;
    }

    private double threshold(int label) {
        return calibration.thresholds().isEmpty()
                ? 0.5
                : calibration.thresholds().get(label);
    }

    private double[] sigmoid(float[] logits, int from, int width) {
        final double[] probabilities = new double[width];
        for (int i = 0; i < width; i++) {
            probabilities[i] = 1 / (1 + Math.exp(-logits[from + i] / calibration.temperature()));
        }
        return probabilities;
    }
}
