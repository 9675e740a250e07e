package dev.finetune.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.finetune.batch.CollateContext;
import dev.finetune.batch.Encoded;
import dev.finetune.batch.HostBatch;
import dev.finetune.error.FinetuneException;
import dev.finetune.head.Head;
import dev.finetune.internal.torch.HalfPrecision;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import dev.finetune.nn.Batch;
import dev.finetune.nn.HalfPrecisionWeights;
import dev.finetune.nn.Network;
import dev.finetune.nn.Parameter;
import dev.finetune.task.ClassificationTask;
import dev.finetune.task.LossOptions;
import dev.finetune.task.Task;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;

/** The loop and its backward pass on a network of a few hundred parameters. */
class TrainerTest {
    static final Task TASK = new ClassificationTask(
            new Head.Classification(TinyNet.CLASSES, List.of("a", "b", "c")), LossOptions.DEFAULT);

    private final Settings settings = new Settings();
    private final List<String> events = new ArrayList<>();

    private static EncodedRows rows(int count, int batch, boolean training) {
        return new EncodedRows(
                Rows.of(count, 6, 1), new Rows(), new EncodedRows.Order(batch, training, training, training, 3));
    }

    private TrainingHistory train(Network network, TrainingListener listener, Cancellation cancellation, int count) {
        return new Trainer(network, TASK, settings.make(), Tensors.cpu(), listener, cancellation)
                .train(rows(count, 8, true), Optional.of(rows(24, 8, false)));
    }

    private TrainingHistory train(Network network, int count) {
        return train(network, new TrainingListener() {}, new Cancellation(), count);
    }

    private static List<float[]> values(Network network) {
        return network.parameters().stream()
                .map(parameter -> Tensors.floats(parameter.value()))
                .toList();
    }

    private static List<float[]> gradients(Network network) {
        final List<float[]> gradients = new ArrayList<>();
        try (TensorScope scope = TensorScope.open()) {
            for (Parameter parameter : network.parameters()) {
                final Tensor gradient = Tensors.gradient(parameter.value());
                gradients.add(gradient.defined() ? Tensors.floats(gradient) : new float[0]);
            }
        }
        return gradients;
    }

    @Test
    void checkpointedGradientsAreThoseOfThePlainPassBitForBitWithDropout() {
        final HostBatch host = TinyNet.batch(Rows.of(16, 9, 2));
        for (int frozen = 0; frozen < 4; frozen++) {
            final List<List<float[]>> both = new ArrayList<>();
            final List<Double> losses = new ArrayList<>();
            for (boolean checkpointing : new boolean[] {false, true}) {
                try (Network network = TinyNet.of(5, 3, 0.2);
                        Batch batch = new Batch(host, Tensors.cpu())) {
                    for (int i = 0; i < frozen; i++) {
                        network.stages().get(i).parameters().forEach(parameter -> parameter.setTrained(false));
                    }
                    losses.add(pass(network, checkpointing).run(batch, 16, 77));
                    both.add(gradients(network));
                }
            }
            assertThat(losses.get(1)).isEqualTo(losses.get(0));
            for (int i = 0; i < both.get(0).size(); i++) {
                assertThat(both.get(1).get(i))
                        .as("%d frozen, parameter %d", frozen, i)
                        .isEqualTo(both.get(0).get(i));
            }
        }
    }

    /** On the CPU, with nobody who watches or stops it. */
    static Trainer unwatched(Network network, Task task, TrainingSettings settings) {
        return new Trainer(network, task, settings, Tensors.cpu(), new TrainingListener() {}, new Cancellation());
    }

    private static BackwardPass pass(Network network, boolean checkpointing) {
        final Settings settings = new Settings();
        settings.gradientCheckpointing = checkpointing;
        return new BackwardPass(
                network,
                new Objective(TASK, 0, 0),
                new PretrainedReference(KnowledgePreservation.DEFAULT, network, List.of()),
                settings.make(),
                HalfPrecision.NONE,
                FrozenStageCache.none(network, true),
                HalfPrecisionWeights.none(),
                Agreement.ALONE.gradientSums(network, List.of(), true),
                false);
    }

    @Test
    void anotherSeedDropsOthers() {
        final HostBatch host = TinyNet.batch(Rows.of(16, 9, 2));
        try (Network network = TinyNet.of(5, 3, 0.2);
                Batch batch = new Batch(host, Tensors.cpu())) {
            final BackwardPass pass = pass(network, false);
            assertThat(pass.run(batch, 16, 1))
                    .isNotEqualTo(pass.run(batch, 16, 2))
                    .isEqualTo(pass.run(batch, 16, 1));
        }
    }

    @Test
    void aSnapshotBringsTrainedParametersBackAndLeavesFrozenOnes() {
        try (Network network = TinyNet.of(5, 2, 0)) {
            network.stages().get(0).parameters().forEach(parameter -> parameter.setTrained(false));
            final List<float[]> before = values(network);
            try (Network.Snapshot snapshot = network.snapshot()) {
                train(network, 32);
                final List<float[]> after = values(network);
                assertThat(after.get(0)).isEqualTo(before.get(0));
                for (int i = 1; i < before.size(); i++) {
                    assertThat(after.get(i)).as("parameter %d", i).isNotEqualTo(before.get(i));
                }
                snapshot.restore();
                assertThat(values(network)).usingRecursiveComparison().isEqualTo(before);
                train(network, 32);
                final List<float[]> again = values(network);
                snapshot.update();
                train(network, 32);
                snapshot.restore();
                assertThat(values(network)).usingRecursiveComparison().isEqualTo(again);
            }
            assertThat(network.parameters())
                    .allMatch(p -> !p.isTrained() || p.value().requires_grad());
        }
    }

    @Test
    void cancellingEndsAfterTheStepUnderWay() {
        final Cancellation cancellation = new Cancellation();
        assertThat(cancellation.isRequested()).isFalse();
        settings.epochs = 100;
        try (Network network = TinyNet.of(5, 1, 0)) {
            final TrainingHistory history = train(
                    network,
                    new TrainingListener() {
                        @Override
                        public void stepped(StepReport report) {
                            if (report.step() == 5) {
                                final Thread other = new Thread(cancellation::cancel);
                                other.start();
                                try {
                                    other.join();
                                } catch (InterruptedException e) {
                                    throw new IllegalStateException(e);
                                }
                            }
                        }

                        @Override
                        public void finished(TrainingHistory history) {
                            events.add("finished");
                        }
                    },
                    cancellation,
                    64);
            assertThat(history.steps()).hasSize(5);
            assertThat(history.end()).isEqualTo(TrainingHistory.End.CANCELLED);
            assertThat(events).containsExactly("finished");
        }
    }

    @Test
    void timeUpEndsAfterTheStepUnderWay() {
        settings.epochs = 1e6;
        settings.maxTime = Optional.of(Duration.ofMillis(200));
        try (Network network = TinyNet.of(5, 1, 0)) {
            final TrainingHistory history = train(network, 64);
            assertThat(history.end()).isEqualTo(TrainingHistory.End.OUT_OF_TIME);
            assertThat(history.seconds()).isBetween(0.2, 10.0);
        }
    }

    @Test
    void aStepOverSeveralBatchesIsAStepOverOneLargeBatch() {
        settings.maxSteps = 1;
        settings.maxGradientNorm = 0;
        final List<StepReport> steps = new ArrayList<>();
        for (int parts : new int[] {1, 3, 5}) {
            settings.accumulation = parts;
            try (Network network = TinyNet.of(5, 2, 0)) {
                // Thirteen rows: the last of several batches is smaller. Without padding's influence: equal lengths.
                final List<dev.finetune.batch.Encoded> rows = Rows.of(13, 1, 1);
                final EncodedRows source = new EncodedRows(
                        rows, new Rows(), new EncodedRows.Order((13 + parts - 1) / parts, true, false, false, 3));
                settings.batchSize = 13;
                steps.addAll(unwatched(network, TASK, settings.make())
                        .train(source, Optional.empty())
                        .steps());
            }
        }
        for (StepReport step : steps) {
            assertThat(step.rows()).isEqualTo(13);
        }
        for (StepReport step : steps.subList(1, 3)) {
            assertThat(step.loss()).isCloseTo(steps.get(0).loss(), within(1e-6));
            assertThat(step.gradientNorm()).isCloseTo(steps.get(0).gradientNorm(), within(1e-6));
        }
    }

    private static double meanLoss(TrainingHistory history) {
        return history.steps().stream().mapToDouble(StepReport::loss).average().orElseThrow();
    }

    @Test
    void aTrainerTrainsAgainAsAnotherOneWould() {
        settings.keepBest = true;
        final List<List<float[]>> both = new ArrayList<>();
        for (boolean one : new boolean[] {true, false}) {
            try (Network network = TinyNet.of(5, 2, 0.1)) {
                final Trainer trainer = trainer(network);
                final TrainingHistory first = trainer.train(rows(40, 8, true), Optional.of(rows(24, 8, false)));
                final TrainingHistory second =
                        (one ? trainer : trainer(network)).train(rows(40, 8, true), Optional.of(rows(24, 8, false)));
                assertThat(second.steps()).hasSameSizeAs(first.steps());
                assertThat(second.steps().get(0).step()).isEqualTo(1);
                assertThat(meanLoss(second))
                        .as("it went on from what was learned")
                        .isLessThan(meanLoss(first));
                both.add(values(network));
            }
        }
        assertThat(both.get(0).toArray(float[][]::new))
                .isDeepEqualTo(both.get(1).toArray(float[][]::new));
    }

    private Trainer trainer(Network network) {
        return unwatched(network, TASK, settings.make());
    }

    @Test
    void whatCannotBeComputedNamesStepAndRows() {
        final List<dev.finetune.batch.Encoded> rows = new ArrayList<>(Rows.of(20, 4, 1));
        rows.set(13, new Rows.Row(List.of(3, 99)));
        final EncodedRows source = new EncodedRows(rows, new Rows(), new EncodedRows.Order(4, true, false, false, 3));
        try (Network network = TinyNet.of(5, 1, 0)) {
            final Trainer trainer = trainer(network);
            assertThatThrownBy(() -> trainer.train(source, Optional.empty()))
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContainingAll("Step 4", "rows 12, 13, 14, 15", "index out of range");
            assertThat(network.parameters())
                    .as("gradients are forgotten also after an error")
                    .noneMatch(parameter -> parameter.value().grad().defined());
        }
    }

    @Test
    void aListenerThatThrowsEndsTrainingWithoutLeavingAThread() {
        final AtomicBoolean thrown = new AtomicBoolean();
        try (Network network = TinyNet.of(5, 1, 0)) {
            assertThatThrownBy(() -> train(
                            network,
                            new TrainingListener() {
                                @Override
                                public void stepped(StepReport report) {
                                    thrown.set(true);
                                    throw new IllegalStateException("no");
                                }
                            },
                            new Cancellation(),
                            64))
                    .isInstanceOf(IllegalStateException.class);
            assertThat(thrown).isTrue();
        }
    }

    /** What steps give with an evaluation every so many, cancelled or out of time after some. */
    private TrainingHistory ended(boolean cancelled, int stepsDone, int every, boolean keepBest) {
        settings.epochs = 100;
        settings.evaluateEvery = every;
        settings.keepBest = keepBest;
        final Cancellation cancellation = new Cancellation();
        settings.maxTime = cancelled ? Optional.empty() : Optional.of(Duration.ofMillis(300));
        try (Network network = TinyNet.of(5, 1, 0)) {
            return train(
                    network,
                    new TrainingListener() {
                        @Override
                        public void stepped(StepReport report) {
                            if (report.step() == stepsDone && cancelled) {
                                cancellation.cancel();
                            }
                        }
                    },
                    cancellation,
                    64);
        }
    }

    @Test
    void whenTheTimeIsUpTheWeightsThatAreKeptAreEvaluated() {
        final TrainingHistory history = ended(false, 0, 1_000_000, false);
        assertThat(history.end()).isEqualTo(TrainingHistory.End.OUT_OF_TIME);
        assertThat(history.epochs()).singleElement().satisfies(report -> {
            assertThat(report.step()).isEqualTo(history.steps().size());
            assertThat(report.validation()).isPresent();
        });
        assertThat(history.kept()).isEqualTo(Optional.of(history.epochs().get(0)));
    }

    @Test
    void whenCancelledNoOtherWeightsAreTakenForThoseThatAreKept() {
        final TrainingHistory later = ended(true, 5, 3, false);
        assertThat(later.epochs()).extracting(EpochReport::step).containsExactly(3L);
        assertThat(later.kept()).isEmpty();
        final TrainingHistory atOnce = ended(true, 6, 3, false);
        assertThat(atOnce.kept().orElseThrow().step()).isEqualTo(6);
        final TrainingHistory best = ended(true, 5, 3, true);
        assertThat(best.kept().orElseThrow().step()).isEqualTo(3);
    }

    @Test
    void everyStepIsEvaluatedOnceAtTheMost() {
        settings.epochs = 2;
        settings.evaluateEvery = 4;
        final AtomicInteger evaluations = new AtomicInteger();
        final EncodedRows validation = new EncodedRows(
                Rows.of(8, 6, 1),
                new Rows() {
                    @Override
                    public HostBatch collate(List<Encoded> rows, CollateContext context) {
                        evaluations.incrementAndGet();
                        return super.collate(rows, context);
                    }
                },
                new EncodedRows.Order(8, false, false, false, 3));
        try (Network network = TinyNet.of(5, 1, 0)) {
            unwatched(network, TASK, settings.make()).train(rows(32, 8, true), Optional.of(validation));
        }
        assertThat(evaluations).as("after steps 4 and 8").hasValue(2);
    }
}
