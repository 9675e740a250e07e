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
import dev.finetune.head.Heads;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import dev.finetune.nn.Batch;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;

/** What is easy counts less, exactly as the formula says. */
class FocalLossTest {
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

    private static Task task(String kind, double gamma, List<Double> weights) {
        final LossOptions options = new LossOptions(0, weights).focalGamma(gamma);
        return Task.ofWholeInput(
                kind.equals("hard") ? Heads.classes("a", "b", "c", "d") : Heads.multiLabel("a", "b", "c"), options);
    }

    @Test
    void lossAndGradientAreThoseOfThePapersFormula() {
        for (JsonObject row :
                Reference.objects(Reference.read("small_data").getAsJsonObject().get("focal"))) {
            final String kind = row.get("kind").getAsString();
            final long[] shape = Reference.longs(row.get("shape"));
            final HostTensor labels = kind.equals("hard")
                    ? new HostTensor.Longs(Reference.longs(row.get("targets")), shape[0])
                    : new HostTensor.Floats(Reference.floats(row.get("targets")), shape);
            final List<Double> weights =
                    Arrays.stream(Reference.doubles(row.get("weights"))).boxed().toList();
            check(row, task(kind, row.get("gamma").getAsDouble(), weights), labels, shape);
        }
    }

    private static void check(JsonObject row, Task task, HostTensor labels, long[] shape) {
        final HostBatch host = new HostBatch(Map.of("labels", labels), Collections.nCopies((int) shape[0], new Row()));
        try (TensorScope scope = TensorScope.open();
                Batch batch = new Batch(host, Tensors.cpu())) {
            final Tensor logits = Tensors.of(Reference.floats(row.get("logits")), shape);
            logits.set_requires_grad(true);
            final Tensor loss = task.lossSum(Map.of("logits", logits), batch).mul(new Scalar(1 / task.weight(host)));
            loss.backward();
            assertThat(Tensors.scalar(loss)).isCloseTo(row.get("loss").getAsDouble(), within(2e-6));
            assertClose(
                    Tensors.floats(Tensors.gradient(logits)), Reference.floats(row.get("gradient")), 2e-6, "gradient");
        }
    }

    @Test
    void aCertainRowHasAFiniteGradientEvenBelowGammaOne() {
        final HostBatch host =
                new HostBatch(Map.of("labels", new HostTensor.Longs(new long[] {0}, 1)), List.of(new Row()));
        try (TensorScope scope = TensorScope.open();
                Batch batch = new Batch(host, Tensors.cpu())) {
            final Tensor logits = Tensors.of(new float[] {200, 0, 0, 0}, 1, 4);
            logits.set_requires_grad(true);
            task("hard", 0.5, List.of())
                    .lossSum(Map.of("logits", logits), batch)
                    .backward();
            assertThat(Tensors.floats(Tensors.gradient(logits))).containsExactly(0, 0, 0, 0);
        }
    }

    @Test
    void whatItCannotMeanIsRefused() {
        assertThatThrownBy(() -> LossOptions.DEFAULT.focalGamma(2).labelSmoothing(0.1))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContainingAll("focal", "smoothing");
        assertThatThrownBy(() -> LossOptions.DEFAULT.focalGamma(-1)).hasMessageContaining("gamma");
        assertThatThrownBy(() -> Task.ofWholeInput(new Head.Regression(1), LossOptions.DEFAULT.focalGamma(2)))
                .hasMessageContainingAll("focalGamma(2.0)", "Regression");
        final HostBatch soft = new HostBatch(
                Map.of("labels", new HostTensor.Floats(new float[] {0.5f, 0.5f, 0, 0}, 1, 4)), List.of(new Row()));
        try (TensorScope scope = TensorScope.open();
                Batch batch = new Batch(soft, Tensors.cpu())) {
            final Map<String, Tensor> outputs = Map.of("logits", Tensors.of(new float[4], 1, 4));
            assertThatThrownBy(() -> task("hard", 2, List.of()).lossSum(outputs, batch))
                    .hasMessageContaining("probability per class");
        }
    }
}
