package dev.finetune.task;

import dev.finetune.batch.HostBatch;
import dev.finetune.batch.HostTensor;
import dev.finetune.batch.Target;
import dev.finetune.data.Label;
import dev.finetune.error.FinetuneException;
import dev.finetune.head.Head;
import dev.finetune.head.Prediction;
import dev.finetune.internal.torch.Tensors;
import dev.finetune.metrics.Metrics;
import dev.finetune.metrics.RegressionMetrics;
import dev.finetune.metrics.Totals;
import dev.finetune.nn.Batch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** One or several numbers: the mean squared error over examples and targets. */
public final class RegressionTask implements Task {
    private static final long SUM = 2;

    private final Head.Regression head;

    /**
     * A task for a head.
     *
     * @param head with its number of targets
     */
    public RegressionTask(Head.Regression head) {
        this.head = head;
    }

    @Override
    public Head head() {
        return head;
    }

    @Override
    public double weight(HostBatch batch) {
        Labels.of(batch);
        return (double) batch.size() * head.targets();
    }

    @Override
    public Tensor lossSum(Map<String, Tensor> outputs, Batch batch) {
        return torch.mse_loss(Outputs.named(outputs, "logits").to(ScalarType.Float), Labels.of(batch), SUM);
    }

    @Override
    public Function<Label, Target> targets() {
        return Targets.of(
                head, label -> label instanceof Label.Values values ? Optional.of(target(values)) : Optional.empty());
    }

    private Target target(Label.Values label) {
        final List<Double> values = label.values();
        if (values.size() != head.targets()) {
            throw new FinetuneException("The head predicts " + head.targets() + " number(s), but an example has "
                    + values.size() + ": " + values);
        }
        final float[] numbers = new float[values.size()];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = values.get(i).floatValue();
        }
        return new Target.Vector(numbers);
    }

    @Override
    public String mainMetric() {
        return "mse";
    }

    @Override
    public Scorer scorer() {
        final RegressionMetrics metrics = new RegressionMetrics(head.targets());
        return new Scorer() {
            @Override
            public void add(Map<String, Tensor> outputs, Batch batch) {
                final float[] values = Tensors.floats(Outputs.named(outputs, "logits"));
                final float[] truths = ((HostTensor.Floats) batch.hostColumn("labels")).data();
                for (int from = 0; from < values.length; from += head.targets()) {
                    metrics.add(doubles(truths, from), doubles(values, from));
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
        final float[] values = Tensors.floats(Outputs.named(outputs, "logits"));
        final List<Prediction> predictions = new ArrayList<>();
        for (int from = 0; from < values.length; from += head.targets()) {
            predictions.add(new Prediction.Numbers(
                    Arrays.stream(doubles(values, from)).boxed().toList(),
                    List.of(Arrays.copyOfRange(values, from, from + head.targets()))));
        }
        return predictions;
    }

    private double[] doubles(float[] values, int from) {
        final double[] row = new double[head.targets()];
        for (int i = 0; i < row.length; i++) {
            row[i] = values[from + i];
        }
        return row;
    }
}
