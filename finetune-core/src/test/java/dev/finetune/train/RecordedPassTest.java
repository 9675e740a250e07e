package dev.finetune.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.finetune.batch.Encoded;
import dev.finetune.batch.HostBatch;
import dev.finetune.batch.HostTensor;
import dev.finetune.head.Head;
import dev.finetune.internal.torch.HalfPrecision;
import dev.finetune.internal.torch.Recorder;
import dev.finetune.internal.torch.Tensors;
import dev.finetune.nn.Batch;
import dev.finetune.nn.DropoutMasks;
import dev.finetune.nn.HalfPrecisionWeights;
import dev.finetune.nn.Network;
import dev.finetune.nn.Parameter;
import dev.finetune.nn.Stage;
import dev.finetune.task.ClassificationTask;
import dev.finetune.task.LossOptions;
import dev.finetune.task.Task;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Passes that are recorded give what plain ones give; a recorder stands in for a GPU's that does the work again. */
class RecordedPassTest {
    private static final Task TASK = task(LossOptions.DEFAULT);
    private static final int ROWS = 8;

    private final List<String> warnings = new ArrayList<>();
    private int recordings;
    private int replays;
    private int open;
    private boolean broken;
    private final Batch unread = new Batch(BATCHES.get(0), Tensors.cpu());

    private static Task task(LossOptions options) {
        return new ClassificationTask(new Head.Classification(TinyNet.CLASSES, List.of("a", "b", "c")), options);
    }

    /** Does what was recorded again, in Java. */
    private final class Again implements Recorder {
        @Override
        public Recording record(Runnable work) {
            Recorder.doUnderway(() -> {
                work.run();
                if (broken) {
                    unread.host();
                }
            });
            recordings++;
            open++;
            return new Recording() {
                @Override
                public void replay() {
                    replays++;
                    work.run();
                }

                @Override
                public void close() {
                    open--;
                }
            };
        }

        @Override
        public void close() {}
    }

    /** Rows of one length, so that their batches are of one shape. */
    private static HostBatch batch(int length, long seed) {
        final List<Encoded> rows = Rows.of(500, length, seed).stream()
                .filter(row -> row.length() == length)
                .limit(ROWS)
                .toList();
        assertThat(rows).hasSize(ROWS);
        return TinyNet.batch(rows);
    }

    private static final List<HostBatch> BATCHES =
            List.of(batch(5, 1), batch(5, 2), batch(6, 3), batch(5, 4), batch(6, 5), batch(5, 6), batch(6, 7));

    private List<List<float[]>> steps(Network network, Task task, HalfPrecision half, boolean record) {
        return steps(network, task, half, record, step -> {});
    }

    /** Loss and gradients of each step, all of different weights. */
    private List<List<float[]>> steps(
            Network network, Task task, HalfPrecision half, boolean record, IntConsumer before) {
        final List<List<float[]>> seen = new ArrayList<>();
        try (HalfPrecisionWeights copies = half == HalfPrecision.NONE
                        ? HalfPrecisionWeights.none()
                        : HalfPrecisionWeights.of(network, half);
                FrozenStageCache prefix = FrozenStageCacheTest.prefix(network, network.frozenStages() > 0, half);
                Optimizer optimizer = new Optimizer(OptimizerSettings.adamW(), network.parameters())) {
            final BackwardPass plain = plain(network, task, half, prefix, copies);
            try (Pass pass = record
                    ? new RecordedPass(plain, network.parameters(), copies, new Again(), warnings::add)
                    : plain) {
                for (int step = 0; step < BATCHES.size(); step++) {
                    before.accept(step);
                    final List<float[]> now = new ArrayList<>();
                    try (Batch batch = new Batch(BATCHES.get(step), Tensors.cpu());
                            Tensor loss = pass.start(batch, ROWS + step, 11 + step)) {
                        now.add(Tensors.floats(loss));
                    }
                    for (Parameter parameter : network.trained()) {
                        now.add(Tensors.floats(parameter.value().grad()));
                    }
                    seen.add(now);
                    optimizer.step(1e-2, 1);
                    Optimizer.forgetGradients(network.parameters());
                }
            }
        }
        return seen;
    }

    private static BackwardPass plain(
            Network network, Task task, HalfPrecision half, FrozenStageCache prefix, HalfPrecisionWeights copies) {
        return new BackwardPass(
                network,
                new Objective(task, 0, 0),
                new PretrainedReference(KnowledgePreservation.DEFAULT, network, List.of()),
                new Settings().make(),
                half,
                prefix,
                copies,
                Agreement.ALONE.gradientSums(network, List.of(), true),
                true);
    }

    private interface Steps {
        /** The loss of a step with this seed. */
        float[] loss(long seed);
    }

    /** Uses passes of a network with dropout over one batch, the third of which is the first to be replayed. */
    private void recorded(Consumer<Steps> use) {
        try (Network network = network(0, 0.5);
                HalfPrecisionWeights copies = HalfPrecisionWeights.none();
                FrozenStageCache prefix = FrozenStageCacheTest.prefix(network, false, HalfPrecision.NONE);
                Pass pass = new RecordedPass(
                        plain(network, TASK, HalfPrecision.NONE, prefix, copies),
                        network.parameters(),
                        copies,
                        new Again(),
                        warnings::add)) {
            use.accept(seed -> {
                try (Batch batch = new Batch(BATCHES.get(0), Tensors.cpu());
                        Tensor loss = pass.start(batch, ROWS, seed)) {
                    return Tensors.floats(loss);
                } finally {
                    Optimizer.forgetGradients(network.parameters());
                }
            });
        }
    }

    private static Network network(int frozen, double dropout) {
        final Network network = TinyNet.of(5, 3, dropout);
        network.stages().subList(0, frozen).stream()
                .flatMap(stage -> stage.parameters().stream())
                .forEach(parameter -> parameter.setTrained(false));
        return network;
    }

    private static void assertSame(List<List<float[]>> found, List<List<float[]>> expected, float tolerance) {
        for (int step = 0; step < expected.size(); step++) {
            assertThat(found.get(step)).hasSameSizeAs(expected.get(step));
            for (int i = 0; i < expected.get(step).size(); i++) {
                final float[] numbers = expected.get(step).get(i);
                for (int j = 0; j < numbers.length; j++) {
                    assertThat(found.get(step).get(i)[j])
                            .as("step %d, tensor %d, number %d", step, i, j)
                            .isCloseTo(numbers[j], within(tolerance));
                }
            }
        }
    }

    @ParameterizedTest(name = "{0} frozen stages, {1}")
    @CsvSource({"0, NONE", "2, NONE", "4, NONE", "0, BFLOAT16", "2, BFLOAT16", "2, FLOAT16"})
    void lossesAndGradientsAreThoseOfPlainPasses(int frozen, HalfPrecision half) {
        final List<List<float[]>> expected;
        try (Network network = network(frozen, 0)) {
            expected = steps(network, TASK, half, false);
        }
        try (Network network = network(frozen, 0)) {
            assertSame(steps(network, TASK, half, true), expected, 1e-5f);
        }
        assertThat(warnings).isEmpty();
        assertThat(recordings).as("shapes that came again").isEqualTo(2);
        assertThat(replays).as("batches after those").isEqualTo(3);
        assertThat(open).as("recordings left").isZero();
    }

    @Test
    void whatIsRecordedIsForgottenWhenAParameterIsFrozenOrThawed() {
        final List<List<float[]>> expected;
        try (Network network = network(0, 0)) {
            expected = steps(network, TASK, HalfPrecision.NONE, false, step -> freezeLast(network, step < 3));
        }
        try (Network network = network(0, 0)) {
            assertSame(
                    steps(network, TASK, HalfPrecision.NONE, true, step -> freezeLast(network, step < 3)),
                    expected,
                    1e-5f);
        }
        assertThat(recordings)
                .as("of batches of 5 symbols, before and after, and of 6")
                .isEqualTo(3);
        assertThat(open).isZero();
    }

    private static void freezeLast(Network network, boolean frozen) {
        final List<Stage> stages = network.stages();
        stages.get(stages.size() - 1).parameters().forEach(parameter -> parameter.setTrained(!frozen));
    }

    @Test
    void equalRunsDropTheSameAndDropSomethingInEveryStep() {
        final List<List<List<float[]>>> runs = new ArrayList<>();
        for (int run = 0; run < 2; run++) {
            try (Network network = network(0, 0.5)) {
                runs.add(steps(network, TASK, HalfPrecision.NONE, true));
            }
        }
        assertSame(runs.get(1), runs.get(0), 0);
        try (Network network = network(0, 0)) {
            final List<List<float[]>> without = steps(network, TASK, HalfPrecision.NONE, true);
            IntStream.range(0, without.size())
                    .forEach(step -> assertThat(without.get(step).get(0))
                            .isNotEqualTo(runs.get(0).get(step).get(0)));
        }
    }

    @Test
    void replaysOfOneBatchDifferByTheirSeedAlone() {
        recorded(steps -> {
            steps.loss(1);
            steps.loss(2);
            final float[] third = steps.loss(3);
            assertThat(steps.loss(4)).isNotEqualTo(third);
            assertThat(steps.loss(3)).isEqualTo(third);
        });
        assertThat(replays).isEqualTo(3);
    }

    @Test
    void replaysLeaveNoTensorBehind() {
        recorded(steps -> {
            for (int i = 0; i < 5; i++) {
                steps.loss(i);
            }
            final long before = Pointer.totalCount();
            for (int i = 0; i < 50; i++) {
                steps.loss(i);
            }
            assertThat(Pointer.totalCount()).isLessThanOrEqualTo(before);
        });
        assertThat(replays).isEqualTo(53);
    }

    @Test
    void whatCannotBeRecordedIsComputedPlainlyAndSaidOnce() {
        final List<List<float[]>> expected;
        try (Network network = network(0, 0)) {
            expected = steps(network, TASK, HalfPrecision.BFLOAT16, false);
        }
        broken = true;
        try (Network network = network(0, 0)) {
            assertSame(steps(network, TASK, HalfPrecision.BFLOAT16, true), expected, 1e-5f);
        }
        assertThat(recordings).isZero();
        assertThat(warnings)
                .containsExactly("Steps are not recorded, and take longer: reading a batch in Java can't be recorded");
    }

    @Test
    void aShapeForWhichThePassFailsIsComputedPlainlyAndOthersAreRecorded() {
        final AtomicInteger calls = new AtomicInteger();
        final Task failing = (Task) Proxy.newProxyInstance(
                Task.class.getClassLoader(), new Class<?>[] {Task.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("lossSum") && calls.incrementAndGet() == 2) {
                        throw new DropoutMasks.TooLarge();
                    }
                    return method.invoke(TASK, arguments);
                });
        final List<List<float[]>> expected;
        try (Network network = network(0, 0)) {
            expected = steps(network, TASK, HalfPrecision.BFLOAT16, false);
        }
        try (Network network = network(0, 0)) {
            assertSame(steps(network, failing, HalfPrecision.BFLOAT16, true), expected, 1e-5f);
        }
        assertThat(recordings).isEqualTo(1);
        assertThat(warnings).isEmpty();
        assertThat(open).isZero();
    }

    @Test
    void classWeightsAreInTheRecording() {
        final Task weighted = task(new LossOptions(0, List.of(1.0, 2.0, 0.5)));
        final List<List<float[]>> expected;
        try (Network network = network(0, 0)) {
            expected = steps(network, weighted, HalfPrecision.NONE, false);
        }
        try (Network network = network(0, 0)) {
            assertSame(steps(network, weighted, HalfPrecision.NONE, true), expected, 1e-5f);
        }
        assertThat(replays).isEqualTo(3);
    }

    @Test
    void aBatchThatNeedsOtherTensorsIsNotTakenIn() {
        final HostBatch plain = new HostBatch(Map.of("x", new HostTensor.Longs(new long[] {1, 2}, 2)), List.of());
        final HostBatch other = new HostBatch(Map.of("x", new HostTensor.Longs(new long[] {3, 0}, 2)), List.of());
        try (Batch batch = new Batch(plain, Tensors.cpu())) {
            batch.get("x");
            assertThat(batch.derived("zeros", () -> zeros(batch))).isEmpty();
            assertThat(batch.refill(other)).isFalse();
            assertThat(batch.refill(plain)).isTrue();
            assertThat(Tensors.longs(batch.get("x"))).containsExactly(1, 2);
        }
    }

    private static Optional<Tensor> zeros(Batch batch) {
        final long[] numbers = ((HostTensor.Longs) batch.hostColumn("x")).data();
        return Arrays.stream(numbers).anyMatch(n -> n == 0)
                ? Optional.of(Tensors.of(new HostTensor.Longs(numbers, 2), batch.device()))
                : Optional.empty();
    }
}
