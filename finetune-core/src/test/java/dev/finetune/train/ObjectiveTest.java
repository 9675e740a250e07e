package dev.finetune.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.finetune.batch.Encoded;
import dev.finetune.batch.HostBatch;
import dev.finetune.batch.HostTensor;
import dev.finetune.batch.Target;
import dev.finetune.error.FinetuneException;
import dev.finetune.head.Heads;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import dev.finetune.nn.Batch;
import dev.finetune.nn.HiddenLayout;
import dev.finetune.task.LossOptions;
import dev.finetune.task.Task;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;

class ObjectiveTest {
    private static final int ROWS = 5;
    private static final int CLASSES = 3;
    private static final Task TASK = Task.ofWholeInput(Heads.classes("a", "b", "c"), LossOptions.DEFAULT);

    private record Row(int length, Target target) implements Encoded {}

    private static HostBatch batch(Map<String, HostTensor> columns, int rows) {
        return new HostBatch(columns, Collections.nCopies(rows, new Row(1, new Target.Index(0))));
    }

    private static float[] noise(long seed, int count) {
        final SplittableRandom random = new SplittableRandom(seed);
        final float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) (4 * random.nextDouble() - 2);
        }
        return values;
    }

    private static double[][] logProbabilities(float[] logits) {
        final double[][] all = new double[ROWS][CLASSES];
        for (int row = 0; row < ROWS; row++) {
            double sum = 0;
            for (int i = 0; i < CLASSES; i++) {
                sum += Math.exp(logits[row * CLASSES + i]);
            }
            for (int i = 0; i < CLASSES; i++) {
                all[row][i] = logits[row * CLASSES + i] - Math.log(sum);
            }
        }
        return all;
    }

    @Test
    void twoPassesGiveTheMeanOfTheirLossesAndOfBothDivergences() {
        final float[] first = noise(1, ROWS * CLASSES);
        final float[] second = noise(2, ROWS * CLASSES);
        final long[] labels = {0, 2, 1, 1, 0};
        final double[][] one = logProbabilities(first);
        final double[][] other = logProbabilities(second);
        double expected = 0;
        for (int row = 0; row < ROWS; row++) {
            expected -= (one[row][(int) labels[row]] + other[row][(int) labels[row]]) / 2;
            for (int i = 0; i < CLASSES; i++) {
                final double there = Math.exp(one[row][i]) * (one[row][i] - other[row][i]);
                final double back = Math.exp(other[row][i]) * (other[row][i] - one[row][i]);
                expected += 4 * (there + back) / 2;
            }
        }
        // Half of a step of ten rows.
        try (TensorScope scope = TensorScope.open();
                Batch batch =
                        new Batch(batch(Map.of("labels", new HostTensor.Longs(labels, ROWS)), ROWS), Tensors.cpu())) {
            final Objective objective = new Objective(TASK, 4, 0);
            final Tensor loss = objective.loss(
                    Map.of("logits", Tensors.of(first, ROWS, CLASSES)),
                    Map.of("logits", Tensors.of(second, ROWS, CLASSES)),
                    batch,
                    2 * ROWS);
            assertThat(Tensors.scalar(loss)).isCloseTo(expected / 10, within(1e-5));
            assertThat(objective.passesDiffer()).isTrue();
        }
    }

    @Test
    void theDistanceFromTheOriginalLeavesPaddingOut() {
        final float[] hidden = noise(3, 2 * 3 * 4);
        final float[] original = noise(4, 2 * 3 * 4);
        double sum = 0;
        for (int i = 0; i < hidden.length; i++) {
            final boolean padding = i / 4 == 2 || i / 4 == 5 || i / 4 == 4;
            sum += padding ? 0 : Math.pow(hidden[i] - original[i], 2);
        }
        final Map<String, HostTensor> columns = Map.of(
                "labels",
                new HostTensor.Longs(new long[] {0, 1}, 2),
                "attention_mask",
                new HostTensor.Longs(new long[] {1, 1, 0, 1, 0, 0}, 2, 3));
        try (TensorScope scope = TensorScope.open();
                Batch batch = new Batch(batch(columns, 2), Tensors.cpu())) {
            final Tensor distance = new Objective(TASK, 0, 3)
                    .distance(
                            Tensors.of(hidden, 2, 3, 4),
                            Tensors.of(original, 2, 3, 4),
                            HiddenLayout.positions("attention_mask").mask(batch),
                            batch,
                            2);
            assertThat(Tensors.scalar(distance)).isCloseTo(3 * sum / (3 * 4), within(1e-5));
        }
    }

    /** Two inputs of four and two positions, of which a stage takes two together: the mask is of two and one. */
    @Test
    void statesOfAnotherLengthThanTheInputsAreMaskedAsTheirStageSays() {
        final float[] hidden = noise(5, 2 * 2 * 3 * 2);
        final float[] original = noise(6, 2 * 2 * 3 * 2);
        double sum = 0;
        for (int i = 0; i < hidden.length; i++) {
            sum += i / 6 == 3 ? 0 : Math.pow(hidden[i] - original[i], 2);
        }
        final Map<String, HostTensor> columns = Map.of(
                "labels",
                new HostTensor.Longs(new long[] {0, 1}, 2),
                "attention_mask",
                new HostTensor.Longs(new long[] {1, 1, 1, 1, 1, 1, 0, 0}, 2, 4));
        try (TensorScope scope = TensorScope.open();
                Batch batch = new Batch(batch(columns, 2), Tensors.cpu())) {
            final Tensor mask = batch.get("attention_mask").reshape(2, 2, 2).select(2, 0);
            final Objective objective = new Objective(TASK, 0, 3);
            final Tensor distance = objective.distance(
                    Tensors.of(hidden, 2, 2, 3, 2), Tensors.of(original, 2, 2, 3, 2), Optional.of(mask), batch, 2);
            assertThat(Tensors.scalar(distance)).isCloseTo(3 * sum / (3 * 6), within(1e-5));
            final Tensor whole = objective.distance(
                    Tensors.of(hidden, 2, 12), Tensors.of(hidden, 2, 12), Optional.empty(), batch, 2);
            assertThat(Tensors.scalar(whole)).isZero();
        }
    }

    @Test
    void whatHasNoClassesIsRefusedTwoPasses() {
        assertThatThrownBy(() -> new Objective(Task.ofWholeInput(Heads.regression(), LossOptions.DEFAULT), 1, 0))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("rDrop(1.0)");
        assertThatThrownBy(() -> KnowledgePreservation.DEFAULT.l2sp(-1)).hasMessageContaining("l2sp");
        assertThatThrownBy(() -> KnowledgePreservation.DEFAULT.distill(Double.NaN))
                .hasMessageContaining("distill");
        assertThatThrownBy(() -> Regularization.DEFAULT.rDrop(-1)).hasMessageContaining("rDrop");
    }
}
