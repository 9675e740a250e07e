package dev.finetune.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.batch.HostBatch;
import dev.finetune.head.Head;
import dev.finetune.internal.torch.Autocast;
import dev.finetune.internal.torch.GradientMode;
import dev.finetune.internal.torch.HalfPrecision;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import dev.finetune.nn.Batch;
import dev.finetune.nn.ForwardContext;
import dev.finetune.nn.HalfPrecisionWeights;
import dev.finetune.nn.Network;
import dev.finetune.nn.Parameter;
import dev.finetune.task.ClassificationTask;
import dev.finetune.task.LossOptions;
import dev.finetune.task.Task;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Casting all weights at once gives what autocast gives. */
class HalfPrecisionWeightsTest {
    private static final Task TASK = new ClassificationTask(
            new Head.Classification(TinyNet.CLASSES, List.of("a", "b", "c")), LossOptions.DEFAULT);
    private static final int ROWS = 16;

    /** Losses and gradients of two optimizer steps of two batches each. */
    private static List<List<float[]>> steps(int frozen, boolean checkpointing, boolean copied) {
        final Settings settings = new Settings();
        settings.gradientCheckpointing = checkpointing;
        final List<List<float[]>> seen = new ArrayList<>();
        try (Network network = TinyNet.of(5, 3, 0.2)) {
            network.stages().subList(0, frozen).stream()
                    .flatMap(stage -> stage.parameters().stream())
                    .forEach(parameter -> parameter.setTrained(false));
            try (HalfPrecisionWeights copies = copied
                            ? HalfPrecisionWeights.of(network, HalfPrecision.BFLOAT16)
                            : HalfPrecisionWeights.none();
                    FrozenStageCache prefix = FrozenStageCacheTest.prefix(network, frozen > 0, HalfPrecision.BFLOAT16);
                    Optimizer optimizer = new Optimizer(OptimizerSettings.adamW(), network.trained())) {
                final BackwardPass pass = new BackwardPass(
                        network,
                        new Objective(TASK, 0, 0),
                        new PretrainedReference(KnowledgePreservation.DEFAULT, network, List.of()),
                        settings.make(),
                        HalfPrecision.BFLOAT16,
                        prefix,
                        copies,
                        Agreement.ALONE.gradientSums(network, List.of(), true),
                        false);
                for (int step = 0; step < 2; step++) {
                    final List<float[]> now = new ArrayList<>();
                    for (int half = 0; half < 2; half++) {
                        final HostBatch host = TinyNet.batch(Rows.of(ROWS, 9, 2 * step + half));
                        try (Batch batch = new Batch(host, Tensors.cpu())) {
                            now.add(new float[] {(float) pass.run(batch, 2 * ROWS, 7 + 2L * step + half)});
                        }
                    }
                    for (Parameter parameter : network.trained()) {
                        now.add(Tensors.floats(parameter.value().grad()));
                    }
                    seen.add(now);
                    optimizer.step(1e-2, 1);
                    Optimizer.forgetGradients(network.trained());
                }
            }
        }
        return seen;
    }

    @ParameterizedTest(name = "{0} frozen stages, checkpointing {1}")
    @CsvSource({"0, false", "0, true", "2, false", "2, true", "4, false"})
    void lossesAndGradientsAreAutocastsBitByBit(int frozen, boolean checkpointing) {
        final List<List<float[]>> copied = steps(frozen, checkpointing, true);
        final List<List<float[]>> cast = steps(frozen, checkpointing, false);
        for (int step = 0; step < 2; step++) {
            assertThat(copied.get(step)).hasSameSizeAs(cast.get(step));
            for (int i = 0; i < cast.get(step).size(); i++) {
                assertThat(copied.get(step).get(i))
                        .as("step %d, number %d", step, i)
                        .isEqualTo(cast.get(step).get(i));
            }
        }
    }

    @Test
    void layersComputeWithTheirOwnWeightsAfterUseAndWithFreshCopiesInTheNext() {
        final HostBatch host = TinyNet.batch(Rows.of(ROWS, 9, 2));
        try (Network network = TinyNet.of(5, 3, 0);
                HalfPrecisionWeights copies = HalfPrecisionWeights.of(network, HalfPrecision.BFLOAT16)) {
            final double before;
            try (HalfPrecisionWeights.InUse use = copies.use()) {
                before = evaluated(network, host);
            }
            try (GradientMode off = GradientMode.off()) {
                network.parameters().forEach(parameter -> parameter.value().mul_(new Scalar(2)));
            }
            final double doubled = evaluated(network, host);
            assertThat(doubled).isNotEqualTo(before);
            try (HalfPrecisionWeights.InUse use = copies.use()) {
                assertThat(evaluated(network, host)).isEqualTo(doubled);
            }
        }
    }

    private static double evaluated(Network network, HostBatch host) {
        try (TensorScope scope = TensorScope.open();
                GradientMode off = GradientMode.off();
                Batch batch = new Batch(host, Tensors.cpu());
                var autocast = Autocast.of(false, HalfPrecision.BFLOAT16)) {
            return Tensors.scalar(TASK.lossSum(network.forward(batch, ForwardContext.evaluating()), batch));
        }
    }
}
