package dev.finetune.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.finetune.head.Head;
import dev.finetune.internal.torch.HalfPrecision;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import dev.finetune.nn.Batch;
import dev.finetune.nn.HalfPrecisionWeights;
import dev.finetune.nn.Network;
import dev.finetune.task.ClassificationTask;
import dev.finetune.task.LossOptions;
import dev.finetune.task.Task;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is decided where the numbers are, as on a GPU, is what is decided with the numbers in hand. */
class StepUpdateTest {
    private static final Task TASK = new ClassificationTask(
            new Head.Classification(TinyNet.CLASSES, List.of("a", "b", "c")), LossOptions.DEFAULT);

    private record Outcome(StepUpdate.StepNumbers numbers, List<float[]> values, List<Double> counted) {}

    private static Outcome step(boolean onDevice, double maxNorm, double spoiled, OptimizerSettings settings) {
        return step(onDevice, maxNorm, spoiled, 1, settings);
    }

    private static Outcome step(
            boolean onDevice, double maxNorm, double spoiled, double factor, OptimizerSettings settings) {
        try (Network network = TinyNet.of(5, 3, 0);
                Optimizer optimizer = new Optimizer(settings, network.trained());
                Batch batch = new Batch(TinyNet.batch(Rows.of(16, 9, 2)), Tensors.cpu());
                TensorScope scope = TensorScope.open()) {
            final BackwardPass pass = new BackwardPass(
                    network,
                    new Objective(TASK, 0, 0),
                    new PretrainedReference(KnowledgePreservation.DEFAULT, network, List.of()),
                    new Settings().make(),
                    HalfPrecision.NONE,
                    FrozenStageCache.none(network, true),
                    HalfPrecisionWeights.none(),
                    Agreement.ALONE.gradientSums(network, List.of(), true),
                    false);
            final List<Tensor> losses = new ArrayList<>();
            losses.add(TensorScope.adopt(pass.start(batch, 16, 1)));
            losses.add(Tensors.of(new float[] {(float) spoiled}, 1).squeeze());
            network.parameters().get(3).value().grad().mul_(new Scalar(factor));
            final StepUpdate update = new StepUpdate(optimizer, network.trained(), maxNorm);
            final StepUpdate.StepNumbers numbers =
                    onDevice ? update.onDevice(losses, 1e-2) : update.onCpu(losses, 1e-2);
            return new Outcome(
                    numbers,
                    network.parameters().stream()
                            .map(parameter -> Tensors.floats(parameter.value()))
                            .toList(),
                    optimizer.state().entrySet().stream()
                            .filter(entry -> entry.getKey().endsWith(".step"))
                            .map(entry -> Tensors.scalar(entry.getValue()))
                            .toList());
        }
    }

    /** As Adam counts them, for its bias correction. */
    @Test
    void aStepThatChangesNothingIsNotCounted() {
        assertThat(step(true, 1, 0.25, 1, OptimizerSettings.adamW()).counted())
                .isNotEmpty()
                .containsOnly(1.0);
        assertThat(step(true, 1, 0.25, Double.POSITIVE_INFINITY, OptimizerSettings.adamW())
                        .counted())
                .isNotEmpty()
                .containsOnly(0.0);
    }

    @ParameterizedTest(name = "clipped to {0}")
    @ValueSource(doubles = {0, 1e-3, 1e3})
    void bothWaysClipAndStepAlike(double maxNorm) {
        for (OptimizerSettings settings : List.of(OptimizerSettings.adamW(), OptimizerSettings.sgd(0.9))) {
            final Outcome onCpu = step(false, maxNorm, 0.25, settings);
            final Outcome onDevice = step(true, maxNorm, 0.25, settings);
            assertThat(onDevice.numbers().norm()).isCloseTo(onCpu.numbers().norm(), within(1e-6));
            assertThat(onDevice.numbers().losses()).isEqualTo(onCpu.numbers().losses());
            for (int i = 0; i < onCpu.values().size(); i++) {
                assertThat(onDevice.values().get(i))
                        .containsExactly(onCpu.values().get(i), within(1e-6f));
            }
        }
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(doubles = {Double.NaN, Double.POSITIVE_INFINITY})
    void aLossThatIsNoNumberChangesNothing(double spoiled) {
        final List<float[]> before;
        try (Network network = TinyNet.of(5, 3, 0)) {
            before = network.parameters().stream()
                    .map(parameter -> Tensors.floats(parameter.value()))
                    .toList();
        }
        for (boolean onDevice : new boolean[] {false, true}) {
            final Outcome outcome = step(onDevice, 1, spoiled, OptimizerSettings.adamW());
            assertThat(outcome.numbers().norm()).isNaN();
            for (int i = 0; i < before.size(); i++) {
                assertThat(outcome.values().get(i)).isEqualTo(before.get(i));
            }
        }
    }

    @ParameterizedTest(name = "gradients of one parameter times {0}, clipped to {1}")
    @CsvSource({"NaN, 0", "NaN, 1", "Infinity, 0", "Infinity, 1"})
    void gradientsThatAreNoNumbersChangeNothingThoughTheLossIsFinite(double factor, double maxNorm) {
        final List<float[]> before;
        try (Network network = TinyNet.of(5, 3, 0)) {
            before = network.parameters().stream()
                    .map(parameter -> Tensors.floats(parameter.value()))
                    .toList();
        }
        for (OptimizerSettings settings : List.of(OptimizerSettings.adamW(), OptimizerSettings.sgd(0.9))) {
            for (boolean onDevice : new boolean[] {false, true}) {
                final Outcome outcome = step(onDevice, maxNorm, 0.25, factor, settings);
                assertThat(outcome.numbers().losses()).allMatch(Double::isFinite);
                assertThat(outcome.numbers().norm()).isNotFinite();
                assertThat(outcome.values()).usingRecursiveComparison().isEqualTo(before);
            }
        }
    }
}
