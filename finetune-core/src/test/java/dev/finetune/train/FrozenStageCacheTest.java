package dev.finetune.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.finetune.batch.Encoded;
import dev.finetune.batch.HostBatch;
import dev.finetune.batch.HostTensor;
import dev.finetune.internal.torch.HalfPrecision;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import dev.finetune.nn.Batch;
import dev.finetune.nn.Network;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FrozenStageCacheTest {
    @TempDir
    private Path directory;

    static FrozenStageCache prefix(Network network, boolean enabled, HalfPrecision half) {
        final Settings settings = new Settings();
        settings.keepFrozenOutputs = enabled;
        return new FrozenStageCache(
                network,
                settings.make(),
                half,
                new FrozenOutputStore(FrozenOutputStore.MEMORY_BYTES, AssertionError::new));
    }

    private static Network frozen(int stages) {
        final Network network = TinyNet.of(5, 3, 0.3);
        network.stages().subList(0, stages).stream()
                .flatMap(stage -> stage.parameters().stream())
                .forEach(parameter -> parameter.setTrained(false));
        return network;
    }

    /** Rows of one length: TinyNet has no mask, so that its padding counts. */
    private static List<Encoded> rows(int count) {
        return Collections.unmodifiableList(new ArrayList<>(Rows.of(200, 9, 4).stream()
                .filter(row -> row.length() == 6)
                .limit(count)
                .toList()));
    }

    private static float[] output(FrozenStageCache prefix, List<Encoded> rows, boolean again) {
        try (TensorScope scope = TensorScope.open();
                Batch batch = new Batch(TinyNet.batch(rows), Tensors.cpu())) {
            return Tensors.floats(prefix.output(batch, again).last());
        }
    }

    @Test
    void whatIsKeptIsWhatIsComputedInWhateverBatchARowComesAgain() {
        final List<Encoded> rows = rows(12);
        try (Network network = frozen(3);
                FrozenStageCache keeping = prefix(network, true, HalfPrecision.NONE);
                FrozenStageCache computing = prefix(network, true, HalfPrecision.NONE)) {
            assertThat(keeping.stages()).isEqualTo(3);
            for (int i = 0; i < rows.size(); i += 4) {
                output(keeping, rows.subList(i, i + 4), true);
            }
            network.stages()
                    .get(0)
                    .parameters()
                    .get(0)
                    .value()
                    .detach()
                    .zero_(); // What is kept no longer depends on it.
            final List<Encoded> shuffled = new ArrayList<>(rows);
            Collections.shuffle(shuffled, new Random(1));
            final float[] kept = output(keeping, shuffled, true);
            assertThat(kept).isNotEqualTo(output(computing, shuffled, false));
            final List<float[]> one = new ArrayList<>();
            for (Encoded row : shuffled) {
                one.add(output(keeping, List.of(row), true));
            }
            final int width = kept.length / shuffled.size();
            for (int i = 0; i < one.size(); i++) {
                assertThat(one.get(i)).isEqualTo(java.util.Arrays.copyOfRange(kept, i * width, (i + 1) * width));
            }
        }
    }

    @Test
    void aBatchWithARowThatIsNotKeptYetIsComputed() {
        final List<Encoded> rows = rows(6);
        try (Network network = frozen(2);
                FrozenStageCache prefix = prefix(network, true, HalfPrecision.NONE);
                FrozenStageCache plain = prefix(network, true, HalfPrecision.NONE)) {
            output(prefix, rows.subList(0, 3), true);
            final float[] computed = output(plain, rows, false);
            assertThat(output(prefix, rows, true)).isEqualTo(computed);
            assertThat(output(prefix, rows, true)).containsExactly(computed, within(1e-6f));
        }
    }

    @Test
    void withoutKeepingThereIsNoPrefix() {
        try (Network network = frozen(3);
                FrozenStageCache prefix = prefix(network, false, HalfPrecision.NONE)) {
            assertThat(prefix.stages()).isZero();
        }
    }

    private static TrainingHistory trained(
            boolean keep, long inMemory, FrozenOutputStore.Opener opener, List<String> warnings) {
        return trained(keep, inMemory, opener, warnings, new Rows());
    }

    private static TrainingHistory trained(
            boolean keep, long inMemory, FrozenOutputStore.Opener opener, List<String> warnings, Rows encoder) {
        final Settings settings = new Settings();
        settings.epochs = 4;
        settings.keepFrozenOutputs = keep;
        final EncodedRows.Order order = new EncodedRows.Order(4, true, true, true, 3);
        final EncodedRows evaluated =
                new EncodedRows(rows(9), encoder, new EncodedRows.Order(4, false, false, true, 3));
        try (Network network = TinyNet.of(5, 3, 0)) {
            network.stages().subList(0, 3).stream()
                    .flatMap(stage -> stage.parameters().stream())
                    .forEach(parameter -> parameter.setTrained(false));
            return new Trainer(
                            network,
                            TrainerTest.TASK,
                            settings.make(),
                            Tensors.cpu(),
                            new TrainingListener() {
                                @Override
                                public void warned(String message) {
                                    warnings.add(message);
                                }
                            },
                            new Cancellation(),
                            () -> new FrozenOutputStore(inMemory, opener, warnings::add))
                    .train(new EncodedRows(rows(21), encoder, order), Optional.of(evaluated));
        }
    }

    @Test
    void trainingFromTheFileAgreesWithComputing() throws IOException {
        final List<String> warnings = new ArrayList<>();
        final Path file = directory.resolve("kept");
        final TrainingHistory plain = trained(false, 0, FrozenStageCacheTest::refused, warnings);
        try (FileChannel channel = channel(file)) {
            assertSame(trained(true, 0, () -> new FrozenOutputStore.Spill(channel, 1 << 20), warnings), plain);
        }
        assertThat(file).as("30 rows of 6 symbols, 8 wide").hasSize(30 * 6 * 8 * 4);
        assertSame(trained(true, 1L << 30, FrozenStageCacheTest::refused, warnings), plain);
        assertThat(warnings).isEmpty();
    }

    @Test
    void aFileThatCannotBeMadeWrittenOrReadCostsTimeOnlyAndIsSaidOnce() throws IOException {
        final TrainingHistory plain = trained(false, 0, FrozenStageCacheTest::refused, new ArrayList<>());
        final List<String> notMade = new ArrayList<>();
        assertSame(trained(true, 0, FrozenStageCacheTest::refused, notMade), plain);
        assertThat(notMade)
                .singleElement()
                .asString()
                .contains("could not be kept in", "no such place", "java.io.tmpdir");

        final List<String> notWritten = new ArrayList<>();
        final FileChannel closed = channel(directory.resolve("closed"));
        closed.close();
        assertSame(trained(true, 0, () -> new FrozenOutputStore.Spill(closed, 1 << 20), notWritten), plain);
        assertThat(notWritten).singleElement().asString().contains("could not be kept in");

        final List<String> notRead = new ArrayList<>();
        final Path some = directory.resolve("write only");
        try (FileChannel channel = FileChannel.open(some, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            assertSame(trained(true, 0, () -> new FrozenOutputStore.Spill(channel, 1 << 20), notRead), plain);
        }
        assertThat(notRead).singleElement().asString().contains("could not be read back from");
    }

    @Test
    void whatDoesNotComeAgainIsNotKept() {
        final List<String> warnings = new ArrayList<>();
        final Settings settings = new Settings();
        settings.epochs = 1;
        settings.accumulation = 4;
        settings.evaluateEvery = 2;
        try (Network network = frozen(3)) {
            new Trainer(
                            network,
                            TrainerTest.TASK,
                            settings.make(),
                            Tensors.cpu(),
                            new TrainingListener() {},
                            new Cancellation(),
                            () -> new FrozenOutputStore(0, FrozenStageCacheTest::refused, warnings::add))
                    .train(
                            new EncodedRows(rows(7), new Rows(), new EncodedRows.Order(1, true, true, true, 3)),
                            Optional.of(new EncodedRows(
                                    rows(4), new Rows(), new EncodedRows.Order(4, false, false, true, 3))));
        }
        assertThat(warnings).as("of a file that wasn't even asked for").isEmpty();
    }

    /** An encoder whose inputs are worth sparing. */
    private static final class Costly extends Rows {
        @Override
        public Optional<HostBatch> collateTargets(List<Encoded> rows) {
            final HostTensor labels = TinyNet.batch(rows).columns().get("labels");
            return Optional.of(new HostBatch(Map.of("labels", labels), rows));
        }
    }

    @Test
    void inputsOfWhatIsKeptAreNotMadeAgainUnlessItCannotBeRead() throws IOException {
        final TrainingHistory plain = trained(false, 0, FrozenStageCacheTest::refused, new ArrayList<>());
        final Costly once = new Costly();
        assertSame(trained(true, 1L << 30, FrozenStageCacheTest::refused, new ArrayList<>(), once), plain);
        assertThat(once.contexts)
                .as("6 training and 3 evaluation batches, in 4 epochs")
                .hasSize(6 + 3);

        final List<String> warnings = new ArrayList<>();
        final Path some = directory.resolve("write only");
        try (FileChannel channel = FileChannel.open(some, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            assertSame(
                    trained(true, 0, () -> new FrozenOutputStore.Spill(channel, 1 << 20), warnings, new Costly()),
                    plain);
        }
        assertThat(warnings).hasSize(1);
    }

    private static FrozenOutputStore.Spill refused() throws IOException {
        throw new IOException("no such place");
    }

    private static FileChannel channel(Path file) throws IOException {
        return FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    }

    private static void assertSame(TrainingHistory ours, TrainingHistory plain) {
        assertThat(ours.steps()).hasSameSizeAs(plain.steps()).hasSize(24);
        for (int i = 0; i < ours.steps().size(); i++) {
            assertThat(ours.steps().get(i).loss())
                    .as("step %d", i)
                    .isCloseTo(plain.steps().get(i).loss(), within(1e-6));
        }
        for (int i = 0; i < ours.epochs().size(); i++) {
            assertThat(ours.epochs().get(i).validation().orElseThrow().get("loss"))
                    .isCloseTo(plain.epochs().get(i).validation().orElseThrow().get("loss"), within(1e-6));
        }
    }
}
