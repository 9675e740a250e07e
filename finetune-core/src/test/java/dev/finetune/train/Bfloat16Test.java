package dev.finetune.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.finetune.batch.Encoded;
import dev.finetune.batch.HostBatch;
import dev.finetune.head.Head;
import dev.finetune.internal.torch.Autocast;
import dev.finetune.internal.torch.GradientMode;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import dev.finetune.nn.Batch;
import dev.finetune.nn.Bfloat16Weights;
import dev.finetune.nn.ForwardContext;
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

/** In bfloat16 the whole forward pass is one autocast, whatever of it is frozen, kept, or computed twice. */
class Bfloat16Test {
    private static final Task TASK = new ClassificationTask(
            new Head.Classification(TinyNet.CLASSES, List.of("a", "b", "c")), LossOptions.DEFAULT);
    private static final int ROWS = 16;
    private static final long SEED = 77;

    /** Rows of one length: TinyNet has no mask, so that its padding counts. */
    private final List<Encoded> rows = Rows.of(200, 9, 2).stream()
            .filter(row -> row.length() == 6)
            .limit(ROWS)
            .toList();

    private final HostBatch host = TinyNet.batch(rows);

    private static Network network(int frozen) {
        final Network network = TinyNet.of(5, 3, 0.2);
        network.stages().subList(0, frozen).stream()
                .flatMap(stage -> stage.parameters().stream())
                .forEach(parameter -> parameter.setTrained(false));
        return network;
    }

    private double step(int frozen, boolean checkpointing, boolean bfloat16) {
        final Settings settings = new Settings();
        settings.gradientCheckpointing = checkpointing;
        try (Network network = network(frozen);
                FrozenStageCache prefix = FrozenStageCacheTest.prefix(network, frozen > 0, bfloat16);
                Batch batch = new Batch(host, Tensors.cpu())) {
            return new BackwardPass(
                            network,
                            new Objective(TASK, 0, 0),
                            new PretrainedReference(KnowledgePreservation.DEFAULT, network, List.of()),
                            settings.make(),
                            bfloat16,
                            prefix,
                            Bfloat16Weights.none(),
                            false)
                    .run(batch, ROWS, SEED);
        }
    }

    /** One forward pass and loss, frozen stages evaluating, all within one autocast. */
    private double written(int frozen) {
        try (Network network = network(frozen);
                TensorScope scope = TensorScope.open();
                Batch batch = new Batch(host, Tensors.cpu());
                var autocast = Autocast.bfloat16(false, true)) {
            final ForwardContext context = ForwardContext.training(SEED);
            final int last = network.stages().size();
            final Tensor frozenOutput = network.trunk(
                    0, frozen, Tensors.of(new float[] {0}, 1), batch, ForwardContext.evaluating(), h -> {});
            final Tensor hidden = network.trunk(frozen, last, frozenOutput, batch, context, h -> {});
            final Tensor sum = TASK.lossSum(network.head(hidden, batch, context), batch);
            return Tensors.scalar(sum.mul(new Scalar(1.0 / ROWS)));
        }
    }

    @ParameterizedTest(name = "{0} frozen stages, checkpointing {1}")
    @CsvSource({"0, false", "0, true", "2, false", "2, true", "4, false", "4, true"})
    void aStepIsOneAutocastFromTheFirstStageToTheLoss(int frozen, boolean checkpointing) {
        assertThat(step(frozen, checkpointing, true))
                .isEqualTo(written(frozen))
                .isNotEqualTo(step(frozen, checkpointing, false))
                .isCloseTo(step(frozen, checkpointing, false), within(2e-2));
    }

    @ParameterizedTest(name = "{0} frozen stages")
    @ValueSource(ints = {0, 2})
    void anEvaluationIsOneAutocast(int frozen) {
        final BatchSource source =
                new EncodedRows(rows, new Rows(), new EncodedRows.Order(ROWS, false, false, false, 3));
        try (Network network = network(frozen);
                FrozenStageCache prefix = FrozenStageCacheTest.prefix(network, true, true);
                TensorScope scope = TensorScope.open();
                GradientMode off = GradientMode.off();
                Batch batch = new Batch(host, Tensors.cpu())) {
            final double plain = evaluated(network, batch, true);
            final double full = evaluated(network, batch, false);
            final List<Double> evaluated = new ArrayList<>();
            for (int i = 0; i < 2; i++) { // The second time from what was kept.
                evaluated.add(Evaluator.evaluate(network, TASK, source, Tensors.cpu(), true, prefix, true)
                        .get("loss"));
            }
            assertThat(evaluated).allSatisfy(loss -> assertThat(loss).isCloseTo(plain, within(1e-6)));
            assertThat(plain).isNotCloseTo(full, within(1e-6));
        }
    }

    private static double evaluated(Network network, Batch batch, boolean bfloat16) {
        try (var autocast = Autocast.bfloat16(false, bfloat16)) {
            return Tensors.scalar(TASK.lossSum(network.forward(batch, ForwardContext.evaluating()), batch)) / ROWS;
        }
    }

    @Test
    void aGuardWithinAnotherLeavesTheOuterOneOn() {
        try (var outer = Autocast.bfloat16(false, true)) {
            try (var inner = Autocast.bfloat16(false, true)) {
                assertThat(Autocast.isOnForCpu()).isTrue();
            }
            assertThat(Autocast.isOnForCpu()).isTrue();
            try (var none = Autocast.bfloat16(false, false)) {
                assertThat(Autocast.isOnForCpu()).isTrue();
            }
            assertThat(Autocast.isOnForCpu()).isTrue();
        }
        assertThat(Autocast.isOnForCpu()).isFalse();
    }

    @Test
    void weightsThatAPassWithoutGradientsUsedGetTheirGradientsInTheSameAutocast() {
        final List<Double> norms = new ArrayList<>();
        for (double distill : new double[] {0, 1e-9}) { // The original network, in the same tensors, is computed first.
            final KnowledgePreservation preservation = KnowledgePreservation.DEFAULT.distill(distill);
            try (Network network = network(0);
                    FrozenStageCache prefix = FrozenStageCacheTest.prefix(network, true, true);
                    PretrainedReference originals = new PretrainedReference(preservation, network, network.trained());
                    Batch batch = new Batch(host, Tensors.cpu())) {
                new BackwardPass(
                                network,
                                new Objective(TASK, 0, distill),
                                originals,
                                new Settings().make(),
                                true,
                                prefix,
                                Bfloat16Weights.none(),
                                false)
                        .run(batch, ROWS, SEED);
                assertThat(network.parameters())
                        .allMatch(parameter -> parameter.value().grad().defined());
                norms.add(Gradients.norm(network.trained()));
            }
        }
        assertThat(norms.get(1)).isCloseTo(norms.get(0), within(1e-5));
    }
}
