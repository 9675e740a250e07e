package dev.finetune.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.finetune.batch.Encoded;
import dev.finetune.batch.HostBatch;
import dev.finetune.error.DivergedException;
import dev.finetune.internal.torch.Tensors;
import dev.finetune.nn.Network;
import dev.finetune.task.Task;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of a training that several share when something happens in one of them. */
class SharedTrainingTest {
    private static final int ROWS = 16;
    private static final int MANY = 40_000;
    private final Settings settings = new Settings();

    private static EncodedRows rows(int rank) {
        final List<Encoded> own = new ArrayList<>();
        for (int i = 0; i < ROWS; i++) {
            own.add(new Rows.Row(List.of(1 + i % 15, 1 + (3 * i + rank) % 15, 2)));
        }
        return new EncodedRows(own, new Rows(), new EncodedRows.Order(4, true, false, false, 3));
    }

    /** The same rows, but the thread is interrupted while it waits for a batch. */
    private record Interrupting(BatchSource rows, int before) implements BatchSource {
        @Override
        public OptionalLong batchesPerEpoch() {
            return rows.batchesPerEpoch();
        }

        @Override
        public OptionalLong rowsPerEpoch() {
            return rows.rowsPerEpoch();
        }

        @Override
        public Batches epoch(int epoch) {
            return epoch(epoch, known -> false, 0);
        }

        @Override
        public Batches epoch(int epoch, Predicate<List<Encoded>> known, long skipped) {
            final Batches all = rows.epoch(epoch, known, skipped);
            return new Batches() {
                private int given;

                @Override
                public boolean hasNext() {
                    if (given == before) {
                        Thread.currentThread().interrupt();
                        throw new InterruptedRun("Interrupted while waiting for the next batch of data.");
                    }
                    return all.hasNext();
                }

                @Override
                public HostBatch next() {
                    given++;
                    return all.next();
                }

                @Override
                public void close() {
                    all.close();
                }
            };
        }

        @Override
        public String identity() {
            return rows.identity();
        }

        @Override
        public String describe(HostBatch batch) {
            return rows.describe(batch);
        }
    }

    /** The task, but its losses are no numbers. */
    private static Task spoiling() {
        return (Task) Proxy.newProxyInstance(
                Task.class.getClassLoader(), new Class<?>[] {Task.class}, (proxy, method, arguments) -> {
                    final Object given = method.invoke(TrainerTest.TASK, arguments);
                    return given instanceof Tensor loss ? loss.mul(new Scalar(Double.NaN)) : given;
                });
    }

    private record Came(TrainingHistory history, float[] weights) {}

    private Came train(ProcessGroup group, BatchSource rows) {
        try (Network network = TinyNet.of(5, 1, 0)) {
            final TrainingHistory history = TrainerTest.unwatched(network, TrainerTest.TASK, settings.make())
                    .with(group)
                    .train(rows, Optional.empty());
            return new Came(history, Tensors.floats(network.parameters().get(1).value()));
        }
    }

    @Test
    void aStepIsNotTakenWithoutTheRowsOfAProcessThatIsInterruptedWhileItWaitsForThem() throws Exception {
        settings.epochs = 1;
        final List<CompletableFuture<Came>> all = ThreadGroups.run(
                2, group -> train(group, group.rank() == 1 ? new Interrupting(rows(1), 2) : rows(group.rank())));
        for (CompletableFuture<Came> each : all) {
            assertThat(each.get().history().end()).isEqualTo(TrainingHistory.End.CANCELLED);
            assertThat(each.get().history().steps())
                    .extracting(StepReport::rows)
                    .containsExactly(8, 8);
            assertThat(each.get().weights()).containsExactly(all.get(0).get().weights());
        }
    }

    @Test
    void allAreToldInWhichRowsOfWhichProcessALossBecameNoNumber() throws Exception {
        settings.epochs = 1;
        final List<CompletableFuture<Came>> all = ThreadGroups.run(2, group -> {
            try (Network network = TinyNet.of(5, 1, 0)) {
                return new Came(
                        TrainerTest.unwatched(
                                        network, group.rank() == 1 ? spoiling() : TrainerTest.TASK, settings.make())
                                .with(group)
                                .train(rows(group.rank()), Optional.empty()),
                        new float[0]);
            }
        });
        final String where = "The loss became NaN at step 1 (epoch 1), on the batch of rows 0, 1, 2, 3"
                + " (counted from 0) of what is process 1's part of the data.";
        assertThat(ThreadGroups.thrown(all.get(1)))
                .isInstanceOf(DivergedException.class)
                .hasMessageStartingWith(where);
        assertThat(ThreadGroups.thrown(all.get(0))).hasMessageStartingWith("Process 1 failed: " + where);
    }

    /** The rows of steps of four, from which each process takes some. */
    private static EncodedRows ofManySymbols(int from, int to) {
        final List<Encoded> some = new ArrayList<>();
        for (int i = 0; i < ROWS; i++) {
            if (i % 4 >= from && i % 4 < to) {
                some.add(new Rows.Row(List.of(1 + i * 1993 % MANY, 1 + i % 4 * 37, 7)));
            }
        }
        return new EncodedRows(some, new Rows(), new EncodedRows.Order(to - from, true, false, false, 3));
    }

    private List<float[]> trainOnManySymbols(Optional<ProcessGroup> group, BatchSource rows) {
        try (Network network = TinyNet.of(5, 1, 0, MANY)) {
            final Trainer alone = TrainerTest.unwatched(network, TrainerTest.TASK, settings.make());
            group.map(alone::with).orElse(alone).train(rows, Optional.empty());
            return network.parameters().stream()
                    .map(each -> Tensors.floats(each.value()))
                    .toList();
        }
    }

    @Test
    void gradientsOfTheSymbolsThatOccurAreAddedUpWhicheverProcessHasThem() throws Exception {
        settings.epochs = 2;
        settings.learningRate = 1e-3;
        final List<float[]> expected = trainOnManySymbols(Optional.empty(), ofManySymbols(0, 4));
        final List<CompletableFuture<List<float[]>>> all = ThreadGroups.run(
                3,
                group -> trainOnManySymbols(
                        Optional.of(group),
                        group.rank() == 0 ? ofManySymbols(0, 2) : ofManySymbols(group.rank() + 1, group.rank() + 2)));
        for (CompletableFuture<List<float[]>> each : all) {
            for (int i = 0; i < expected.size(); i++) {
                final float[] found = each.get().get(i);
                assertThat(Arrays.equals(found, all.get(0).get().get(i))).isTrue();
                for (int j = 0; j < found.length; j++) {
                    if (Math.abs(found[j] - expected.get(i)[j]) > 1e-5f) {
                        assertThat(found[j]).isCloseTo(expected.get(i)[j], within(1e-5f));
                    }
                }
            }
        }
    }

    /** Of three processes, the first of which writes checkpoints and reads them; it stops all of them after a step. */
    private List<CompletableFuture<List<float[]>>> trainByThree(Path folder, long stopAfter) throws Exception {
        return ThreadGroups.run(3, group -> {
            final Cancellation stop = new Cancellation();
            final TrainingListener listener = new TrainingListener() {
                @Override
                public void stepped(StepReport report) {
                    if (report.step() == stopAfter) {
                        stop.cancel();
                    }
                }
            };
            final Optional<Checkpoints> checkpoints =
                    group.rank() == 0 ? Optional.of(Checkpoints.in(folder).resume()) : Optional.empty();
            try (Network network = TinyNet.of(5, 1, 0.2, MANY)) {
                new Trainer(network, TrainerTest.TASK, settings.make(), Tensors.cpu(), listener, stop)
                        .with(new Checkpointing(checkpoints, Optional.empty(), Map.of()))
                        .with(group)
                        .train(
                                group.rank() == 0
                                        ? ofManySymbols(0, 2)
                                        : ofManySymbols(group.rank() + 1, group.rank() + 2),
                                Optional.empty());
                return network.parameters().stream()
                        .map(each -> Tensors.floats(each.value()))
                        .toList();
            }
        });
    }

    @Test
    void whatIsRememberedOfTheSymbolsThatOccurredIsToldToAllProcesses(@TempDir Path folder) throws Exception {
        settings.epochs = 2;
        settings.maxGradientNorm = 0.1;
        final List<float[]> expected =
                trainByThree(folder.resolve("through"), -1).get(0).get();
        trainByThree(folder.resolve("stopped"), 3).get(0).get();
        assertThat(folder.resolve("stopped/checkpoint-3")).isDirectory();
        for (CompletableFuture<List<float[]>> each : trainByThree(folder.resolve("stopped"), -1)) {
            for (int i = 0; i < expected.size(); i++) {
                assertThat(Arrays.equals(each.get().get(i), expected.get(i)))
                        .as("parameter %d", i)
                        .isTrue();
            }
        }
    }
}
