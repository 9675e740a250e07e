package dev.finetune.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.finetune.batch.Encoded;
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
import dev.finetune.nn.Hidden;
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

/** In 16 bits the whole forward pass is one autocast, whatever of it is frozen, kept, or computed twice. */
class HalfPrecisionTest {
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

    private double step(int frozen, boolean checkpointing, HalfPrecision half) {
        final Settings settings = new Settings();
        settings.gradientCheckpointing = checkpointing;
        try (Network network = network(frozen);
                FrozenStageCache prefix = FrozenStageCacheTest.prefix(network, frozen > 0, half);
                Batch batch = new Batch(host, Tensors.cpu())) {
            return new BackwardPass(
                            network,
                            new Objective(TASK, 0, 0),
                            new PretrainedReference(KnowledgePreservation.DEFAULT, network, List.of()),
                            settings.make(),
                            half,
                            prefix,
                            HalfPrecisionWeights.none(),
                            Agreement.ALONE.gradientSums(network, List.of(), true),
                            false)
                    .run(batch, ROWS, SEED);
        }
    }

    /** One forward pass and loss, frozen stages evaluating, all within one autocast. */
    private double written(int frozen, HalfPrecision half) {
        try (Network network = network(frozen);
                TensorScope scope = TensorScope.open();
                Batch batch = new Batch(host, Tensors.cpu());
                var autocast = Autocast.of(false, half)) {
            final ForwardContext context = ForwardContext.training(SEED);
            final int last = network.stages().size();
            final Hidden frozenOutput =
                    network.trunk(0, frozen, Hidden.NONE, batch, ForwardContext.evaluating(), h -> {});
            final Hidden hidden = network.trunk(frozen, last, frozenOutput, batch, context, h -> {});
            final Tensor sum = TASK.lossSum(network.head(hidden, batch, context), batch);
            return Tensors.scalar(sum.mul(new Scalar(1.0 / ROWS)));
        }
    }

    @ParameterizedTest(name = "{0} frozen stages, checkpointing {1}, {2}")
    @CsvSource({
        "0, false, BFLOAT16",
        "0, true, BFLOAT16",
        "2, false, BFLOAT16",
        "2, true, BFLOAT16",
        "4, false, BFLOAT16",
        "4, true, BFLOAT16",
        "0, false, FLOAT16",
        "2, true, FLOAT16"
    })
    void aStepIsOneAutocastFromTheFirstStageToTheLoss(int frozen, boolean checkpointing, HalfPrecision half) {
        final double full = step(frozen, checkpointing, HalfPrecision.NONE);
        assertThat(step(frozen, checkpointing, half))
                .isEqualTo(written(frozen, half))
                .isNotEqualTo(full)
                .isCloseTo(full, within(half == HalfPrecision.BFLOAT16 ? 2e-2 : 3e-3));
    }

    @ParameterizedTest(name = "{0} frozen stages, {1}")
    @CsvSource({"0, BFLOAT16", "2, BFLOAT16", "2, FLOAT16"})
    void anEvaluationIsOneAutocast(int frozen, HalfPrecision half) {
        final BatchSource source =
                new EncodedRows(rows, new Rows(), new EncodedRows.Order(ROWS, false, false, false, 3));
        try (Network network = network(frozen);
                FrozenStageCache prefix = FrozenStageCacheTest.prefix(network, true, half);
                TensorScope scope = TensorScope.open();
                GradientMode off = GradientMode.off();
                Batch batch = new Batch(host, Tensors.cpu())) {
            final double plain = evaluated(network, batch, half);
            final double full = evaluated(network, batch, HalfPrecision.NONE);
            final List<Double> evaluated = new ArrayList<>();
            for (int i = 0; i < 2; i++) { // The second time from what was kept.
                evaluated.add(
                        Evaluator.evaluate(network, TASK, source, Tensors.cpu(), half, prefix, true, Agreement.ALONE)
                                .get("loss"));
            }
            assertThat(evaluated).allSatisfy(loss -> assertThat(loss).isCloseTo(plain, within(1e-6)));
            assertThat(plain).isNotCloseTo(full, within(1e-6));
        }
    }

    private static double evaluated(Network network, Batch batch, HalfPrecision half) {
        try (var autocast = Autocast.of(false, half)) {
            return Tensors.scalar(TASK.lossSum(network.forward(batch, ForwardContext.evaluating()), batch)) / ROWS;
        }
    }

    @Test
    void aGuardWithinAnotherLeavesTheOuterOneOn() {
        try (var outer = Autocast.of(false, HalfPrecision.BFLOAT16)) {
            try (var inner = Autocast.of(false, HalfPrecision.BFLOAT16)) {
                assertThat(Autocast.isOnForCpu()).isTrue();
            }
            assertThat(Autocast.isOnForCpu()).isTrue();
            try (var none = Autocast.of(false, HalfPrecision.NONE)) {
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
                    FrozenStageCache prefix = FrozenStageCacheTest.prefix(network, true, HalfPrecision.BFLOAT16);
                    PretrainedReference originals = new PretrainedReference(preservation, network, network.trained());
                    Batch batch = new Batch(host, Tensors.cpu())) {
                new BackwardPass(
                                network,
                                new Objective(TASK, 0, distill),
                                originals,
                                new Settings().make(),
                                HalfPrecision.BFLOAT16,
                                prefix,
                                HalfPrecisionWeights.none(),
                                Agreement.ALONE.gradientSums(network, List.of(), true),
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
