package dev.finetune.task;

import static dev.finetune.testkit.Numbers.assertClose;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonObject;
import dev.finetune.Reference;
import dev.finetune.batch.Encoded;
import dev.finetune.batch.HostBatch;
import dev.finetune.batch.HostTensor;
import dev.finetune.batch.Target;
import dev.finetune.error.FinetuneException;
import dev.finetune.head.Head;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import dev.finetune.metrics.Metrics;
import dev.finetune.nn.Batch;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Losses and their gradients are those of PyTorch. */
class LossesTest {
    private static final List<String> NAMES = List.of("a", "b", "c", "d");

    private record Row() implements Encoded {
        @Override
        public int length() {
            return 1;
        }

        @Override
        public Target target() {
            return new Target.None();
        }
    }

    private static HostBatch batch(HostTensor labels) {
        return new HostBatch(Map.of("labels", labels), Collections.nCopies((int) labels.shape()[0], new Row()));
    }

    private static Task classification(double smoothing, Double... weights) {
        return new ClassificationTask(new Head.Classification(4, NAMES), new LossOptions(smoothing, List.of(weights)));
    }

    @TestFactory
    Stream<DynamicTest> everyLossAndGradientIsPyTorchs() {
        final List<JsonObject> rows = Reference.objects(Reference.read("losses"));
        return IntStream.range(0, rows.size()).mapToObj(i -> {
            final JsonObject row = rows.get(i);
            final String kind = row.get("kind").getAsString();
            final String options = row.has("smoothing")
                    ? ", smoothing " + row.get("smoothing") + ", weights " + row.get("weights")
                    : "";
            return DynamicTest.dynamicTest(i + ": " + kind + options, () -> agrees(row, kind));
        });
    }

    private static void agrees(JsonObject row, String kind) {
        final long[] shape = Reference.longs(row.get("shape"));
        final HostTensor labels = kind.equals("hard")
                ? new HostTensor.Longs(Reference.longs(row.get("targets")), shape[0])
                : new HostTensor.Floats(Reference.floats(row.get("targets")), shape);
        final Task task = switch (kind) {
            case "multi-label" -> new MultiLabelTask(new Head.MultiLabel(List.of("a", "b", "c", "d", "e")));
            case "regression" -> new RegressionTask(new Head.Regression((int) shape[1]));
            default ->
                classification(
                        row.get("smoothing").getAsDouble(),
                        Arrays.stream(Reference.doubles(row.get("weights")))
                                .boxed()
                                .toArray(Double[]::new));
        };
        final HostBatch host = batch(labels);
        try (TensorScope scope = TensorScope.open();
                Batch batch = new Batch(host, Tensors.cpu())) {
            final Tensor logits = Tensors.of(Reference.floats(row.get("logits")), shape);
            logits.set_requires_grad(true);
            final Tensor loss = task.lossSum(Map.of("logits", logits), batch).mul(new Scalar(1 / task.weight(host)));
            loss.backward();
            assertThat(Tensors.scalar(loss)).isCloseTo(row.get("loss").getAsDouble(), within(2e-6));
            assertClose(
                    Tensors.floats(Tensors.gradient(logits)), Reference.floats(row.get("gradient")), 1e-6, "gradient");
        }
    }

    @Test
    void softLabelsFollowTheFormula() {
        final SplittableRandom random = new SplittableRandom(4);
        for (int round = 0; round < 20; round++) {
            final double smoothing = round % 3 * 0.2;
            final Double[] weights = {1.0, 0.5, 3.0, 2.0};
            final float[] logits = new float[12];
            final float[] soft = new float[12];
            double expected = 0;
            for (int r = 0; r < 3; r++) {
                final double[] mix = random.doubles(4).toArray();
                for (int c = 0; c < 4; c++) {
                    logits[4 * r + c] = (float) random.nextDouble(-4, 4);
                    soft[4 * r + c] = (float) (mix[c] / Arrays.stream(mix).sum());
                }
                final double[] p = Softmax.of(logits, 4 * r, 4);
                for (int c = 0; c < 4; c++) {
                    final double target = soft[4 * r + c] * (1 - smoothing) + smoothing / 4;
                    expected -= weights[c] * target * Math.log(p[c]);
                }
            }
            final Task task = classification(smoothing, weights);
            final HostBatch host = batch(new HostTensor.Floats(soft, 3, 4));
            try (TensorScope scope = TensorScope.open();
                    Batch batch = new Batch(host, Tensors.cpu())) {
                assertThat(Tensors.scalar(task.lossSum(Map.of("logits", Tensors.of(logits, 3, 4)), batch)))
                        .isCloseTo(expected, within(1e-5));
            }
            assertThat(task.weight(host)).isEqualTo(3);
        }
    }

    @Test
    void certainSoftLabelsAreHardOnes() {
        final float[] logits = {1, -2, 0.5f, 3, 0, 0, 1, -1};
        final Task task = classification(0);
        assertThat(loss(task, logits, new HostTensor.Floats(new float[] {0, 0, 1, 0, 1, 0, 0, 0}, 2, 4)))
                .isCloseTo(loss(task, logits, new HostTensor.Longs(new long[] {2, 0}, 2)), within(1e-6));
    }

    private static double loss(Task task, float[] logits, HostTensor labels) {
        try (TensorScope scope = TensorScope.open();
                Batch batch = new Batch(batch(labels), Tensors.cpu())) {
            return Tensors.scalar(task.lossSum(Map.of("logits", Tensors.of(logits, logits.length / 4, 4)), batch));
        }
    }

    @Test
    void metricsTakeASoftLabelsMostProbableClass() {
        final Task.Scorer scorer = classification(0).scorer();
        final float[] soft = {0.6f, 0.4f, 0, 0, 0.1f, 0.2f, 0.3f, 0.4f, 0.5f, 0.5f, 0, 0};
        final float[] logits = {5, 0, 0, 0, 0, 0, 5, 0, 5, 0, 0, 0};
        try (TensorScope scope = TensorScope.open();
                Batch batch = new Batch(batch(new HostTensor.Floats(soft, 3, 4)), Tensors.cpu())) {
            scorer.add(Map.of("logits", Tensors.of(logits, 3, 4)), batch);
        }
        final Metrics result = scorer.result(0.25);
        assertThat(result.get("loss")).isEqualTo(0.25);
        assertThat(result.get("accuracy")).isCloseTo(2.0 / 3, within(1e-12));
        assertThat(result.confusion().orElseThrow().count(3, 2)).isEqualTo(1);
    }

    @Test
    void softLabelsOfAnotherWidthAreRefused() {
        assertThatThrownBy(() -> loss(classification(0), new float[8], new HostTensor.Floats(new float[6], 2, 3)))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContainingAll("[2, 4]", "[2, 3]", "labels");
    }

    @Test
    void lossOptionsOutOfRangeAreRefused() {
        assertThatThrownBy(() -> new LossOptions(1, List.of())).hasMessageContaining("smoothing");
        assertThatThrownBy(() -> new LossOptions(Double.NaN, List.of())).hasMessageContaining("smoothing");
        assertThatThrownBy(() -> new LossOptions(0, List.of(1.0, -1.0))).hasMessageContaining("weights");
        assertThatThrownBy(() -> new LossOptions(0, List.of(0.0, 0.0)))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("must not all be 0");
        assertThatThrownBy(() -> classification(0, 1.0, 2.0)).hasMessageContainingAll("4 classes", "2 class weights");
    }
}
