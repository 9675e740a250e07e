package dev.finetune.internal.run;

import dev.finetune.batch.HostBatch;
import dev.finetune.batch.HostTensor;
import dev.finetune.calibration.Calibration;
import dev.finetune.calibration.DecisionMetric;
import dev.finetune.calibration.TemperatureScaling;
import dev.finetune.calibration.Thresholds;
import dev.finetune.error.FinetuneException;
import dev.finetune.head.Head;
import dev.finetune.head.Prediction;
import dev.finetune.internal.torch.Tensors;
import dev.finetune.metrics.Metrics;
import dev.finetune.nn.Batch;
import dev.finetune.task.Outputs;
import dev.finetune.task.Softmax;
import dev.finetune.task.Task;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;

/** Collects the logits and labels of an evaluation, and fits what calibrates them. */
public final class Calibrating implements Task {
    private final Task task;
    private final List<float[]> logits = new ArrayList<>();
    private final List<float[]> truths = new ArrayList<>();

    /** Wraps a task whose outputs can be calibrated. */
    public Calibrating(Task task) {
        if (task.scores() == Scores.OTHER) {
            throw new FinetuneException("Only classes can be calibrated or decided by thresholds; a "
                    + task.head().kind() + " head has none.");
        }
        this.task = task;
    }

    /** The task's calibration with the temperature that the outputs ask for. */
    public Calibration temperature() {
        refuseOneClass("calibrate");
        return task.calibration()
                .withTemperature(
                        isMultiLabel()
                                ? TemperatureScaling.ofLabels(logits, truths)
                                : TemperatureScaling.ofClasses(
                                        logits,
                                        truths.stream()
                                                .mapToInt(row -> (int) row[0])
                                                .toArray()));
    }

    /** The task's calibration with the thresholds that are best by a metric. */
    public Calibration thresholds(DecisionMetric metric) {
        refuseOneClass("tuneThresholds");
        final double temperature = task.calibration().temperature();
        if (isMultiLabel()) {
            return task.calibration()
                    .withThresholds(IntStream.range(0, task.labels().size())
                            .mapToObj(label ->
                                    best(metric, row -> row[label] / temperature, truth -> truth[label] >= 0.5f))
                            .toList());
        }
        if (task.labels().size() != 2) {
            throw new FinetuneException("A threshold decides between two classes, or for each of several labels; of "
                    + task.labels().size() + " classes the most probable one is chosen.");
        }
        return task.calibration()
                .withThresholds(List.of(
                        best(metric, row -> ((double) row[1] - row[0]) / temperature, truth -> truth[0] == 1)));
    }

    /** Data in which every row has the same labels would be served best by an answer that reads nothing. */
    private void refuseOneClass(String what) {
        final float[] first = truths.get(0);
        if (truths.stream().allMatch(truth -> Arrays.equals(truth, first))) {
            final List<String> names = isMultiLabel()
                    ? IntStream.range(0, first.length)
                            .filter(i -> first[i] >= 0.5f)
                            .mapToObj(task.labels()::get)
                            .toList()
                    : List.of(task.labels().get((int) first[0]));
            throw new FinetuneException(what + "(...): all " + truths.size() + " rows of the data are labelled " + names
                    + ", which tells nothing of the others: take data in which the classes differ.");
        }
    }

    private interface Margin {
        double of(float[] row);
    }

    private interface Truth {
        boolean of(float[] truth);
    }

    private double best(DecisionMetric metric, Margin margin, Truth truth) {
        final double[] probabilities = logits.stream()
                .mapToDouble(row -> 1 / (1 + Math.exp(-margin.of(row))))
                .toArray();
        final boolean[] chosen = new boolean[truths.size()];
        for (int i = 0; i < chosen.length; i++) {
            chosen[i] = truth.of(truths.get(i));
        }
        return Thresholds.best(probabilities, chosen, metric);
    }

    private boolean isMultiLabel() {
        return task.scores() == Scores.EACH_BY_ITSELF;
    }

    @Override
    public Scorer scorer() {
        return new Scorer() {
            @Override
            public void add(Map<String, Tensor> outputs, Batch batch) {
                final float[] flat = Tensors.floats(Outputs.named(outputs, "logits"));
                final int width = flat.length / batch.size();
                final HostTensor labels = batch.hostColumn("labels");
                for (int row = 0; row < batch.size(); row++) {
                    logits.add(Arrays.copyOfRange(flat, row * width, (row + 1) * width));
                    truths.add(truth(labels, row, width));
                }
            }

            @Override
            public Metrics result(double loss) {
                return new Metrics(Map.of("loss", loss));
            }
        };
    }

    /** The labels of a row: 0 or 1 for each of several, or the index of the one. */
    private float[] truth(HostTensor labels, int row, int width) {
        if (labels instanceof HostTensor.Longs indices) {
            return new float[] {indices.data()[row]};
        }
        final float[] all = ((HostTensor.Floats) labels).data();
        return isMultiLabel()
                ? Arrays.copyOfRange(all, row * width, (row + 1) * width)
                : new float[] {Softmax.best(all, row * width, width)};
    }

    @Override
    public Head head() {
        return task.head();
    }

    @Override
    public double weight(HostBatch batch) {
        return task.weight(batch);
    }

    @Override
    public Tensor lossSum(Map<String, Tensor> outputs, Batch batch) {
        return task.lossSum(outputs, batch);
    }

    @Override
    public String mainMetric() {
        return task.mainMetric();
    }

    @Override
    public List<Prediction> decode(Map<String, Tensor> outputs, HostBatch batch) {
        return task.decode(outputs, batch);
    }
}
