package dev.finetune.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.finetune.data.Dataset;
import dev.finetune.data.Text;
import dev.finetune.error.FinetuneException;
import dev.finetune.internal.saving.DirectorySave;
import dev.finetune.internal.torch.Tensors;
import dev.finetune.nn.Network;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A training that was stopped, or died, at any step goes on from its checkpoint to the bits that it would have had. */
class ResumeTest {
    private static final int ROWS = 37;

    @TempDir
    private Path folder;

    /** A way to train, of some steps. */
    private record Way(
            String name, Consumer<Settings> settings, int frozenStages, boolean streamed, int longest, int symbols) {
        /** Rows of up to so many tokens come in parts of similar length. */
        private static final int IN_PARTS = 120;

        Way(String name, Consumer<Settings> settings) {
            this(name, settings, 0, false);
        }

        /** Enough of them that gradients are kept of those that occur. */
        private static final int MANY = 40_000;

        Way(String name, Consumer<Settings> settings, int frozenStages, boolean streamed) {
            this(name, settings, frozenStages, streamed, 6);
        }

        Way(String name, Consumer<Settings> settings, int frozenStages, boolean streamed, int longest) {
            this(name, settings, frozenStages, streamed, longest, TinyNet.SYMBOLS);
        }

        private static void unfreezing(Settings settings) {
            settings.preservation = KnowledgePreservation.DEFAULT.gradualUnfreezing(0.7);
        }

        TrainingSettings make() {
            final Settings made = new Settings();
            made.epochs = 2.6;
            settings.accept(made);
            return made.make(Schedule.linear());
        }

        Network network() {
            final Network tiny = TinyNet.of(5, 3, 0.2, symbols);
            final Network network = make().batchSize().inParts() ? shortOfMemory(tiny) : tiny;
            for (int i = 0; i < frozenStages; i++) {
                network.stages().get(i).parameters().forEach(parameter -> parameter.setTrained(false));
            }
            return network;
        }

        /** Memory suffices for 20 symbols of a batch, rows times the longest. */
        private static Network shortOfMemory(Network network) {
            return FaultyStage.in(network, 2, (input, batch, context) -> {
                if (input.size(0) * input.size(1) > 20) {
                    torch.empty(1L << 48);
                }
                return input;
            });
        }

        BatchSource rows(int count, boolean training) {
            final EncodedRows.Order order = new EncodedRows.Order(8, training, training, training, 3);
            return streamed && training
                    ? new StreamedRows<>(
                            Dataset.streamed(Text.class, () -> Rows.examples(count, longest, 1).stream()),
                            new Rows(),
                            order)
                    : new EncodedRows(Rows.of(count, longest, training ? 1 : 2), new Rows(), order);
        }

        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Way> ways() {
        return Stream.of(
                new Way("plain", s -> {}),
                new Way("accumulated", s -> {
                    s.batchSize = 4;
                    s.accumulation = 2;
                }),
                new Way("frozen outputs kept", s -> {}, 2, false),
                new Way("a stream", s -> s.maxSteps = 12, 0, true),
                new Way("gradual unfreezing", Way::unfreezing),
                new Way("layer decay", s -> s.preservation = KnowledgePreservation.DEFAULT.layerDecay(0.8)),
                new Way("EMA", s -> s.regularization = Regularization.DEFAULT.average(WeightAverage.ema(0.9))),
                new Way("SWA, best kept", s -> {
                    s.regularization = Regularization.DEFAULT.average(WeightAverage.swa(0.4));
                    s.keepBest = true;
                }),
                new Way("best kept, evaluated every 2 steps", s -> {
                    s.keepBest = true;
                    s.evaluateEvery = 2;
                }),
                new Way("stopped early", s -> {
                    s.evaluateEvery = 2;
                    s.learningRate = 0.3;
                    s.earlyStopping = Optional.of(new EarlyStopping("accuracy", 2, 0));
                }),
                new Way("in parts, for memory is short", s -> s.batchesInParts = true),
                new Way("in parts of similar length", s -> {}, 0, false, Way.IN_PARTS),
                new Way("in parts of similar length, frozen outputs kept", s -> {}, 2, false, Way.IN_PARTS),
                new Way("a stream in parts of similar length", s -> s.maxSteps = 12, 0, true, Way.IN_PARTS),
                new Way("float16, whose first steps overflow", s -> {
                    s.precision = Precision.FLOAT16;
                    s.learningRate = 1e-3;
                }),
                new Way("recomputed", s -> s.gradientCheckpointing = true),
                new Way("few of many symbols", s -> {}, 0, false, 6, Way.MANY),
                new Way("few of many symbols, later", Way::unfreezing, 0, false, 6, Way.MANY),
                new Way("few of many symbols, in parts", s -> s.batchesInParts = true, 0, false, 6, Way.MANY),
                new Way(
                        "pulled to the start",
                        s -> s.preservation =
                                KnowledgePreservation.DEFAULT.l2sp(0.1, 0.2).distill(0.3)));
    }

    /** What a training comes to. */
    private record Outcome(List<float[]> weights, List<StepReport> steps, List<List<Object>> reports, long best) {
        static Outcome of(Network network, TrainingHistory history) {
            return new Outcome(
                    network.parameters().stream()
                            .map(parameter -> Tensors.floats(parameter.value()))
                            .toList(),
                    history.steps(),
                    history.epochs().stream()
                            .map(report -> List.<Object>of(
                                    report.epoch(),
                                    report.step(),
                                    report.trainingLoss(),
                                    report.validation().orElseThrow().toJson().toString()))
                            .toList(),
                    history.best().map(EpochReport::step).orElse(-1L));
        }
    }

    private static final Checkpointing NONE = new Checkpointing(Optional.empty(), Optional.empty(), Map.of());

    private static Checkpointing to(Checkpoints checkpoints) {
        return new Checkpointing(Optional.of(checkpoints), Optional.empty(), Map.of());
    }

    private static Outcome train(Way way, Checkpointing checkpointing, TrainingListener listener, Cancellation stop) {
        try (Network network = way.network()) {
            final TrainingHistory history = new Trainer(
                            network, TrainerTest.TASK, way.make(), Tensors.cpu(), listener, stop)
                    .with(checkpointing)
                    .train(way.rows(ROWS, true), Optional.of(way.rows(24, false)));
            return Outcome.of(network, history);
        }
    }

    private static Outcome train(Way way, Checkpointing checkpointing) {
        return train(way, checkpointing, new TrainingListener() {}, new Cancellation());
    }

    private static TrainingListener atStep(long step, Runnable action) {
        return new TrainingListener() {
            @Override
            public void stepped(StepReport report) {
                if (report.step() == step) {
                    action.run();
                }
            }
        };
    }

    private static void assertSame(Outcome found, Outcome expected, String as) {
        assertThat(found.steps()).as(as).isEqualTo(expected.steps());
        assertThat(found.reports()).as(as).isEqualTo(expected.reports());
        assertThat(found.best()).as(as).isEqualTo(expected.best());
        for (int i = 0; i < expected.weights().size(); i++) {
            assertThat(found.weights().get(i))
                    .as("%s, parameter %d", as, i)
                    .isEqualTo(expected.weights().get(i));
        }
    }

    @Test
    void longRowsComeInParts() {
        for (Way way : ways().filter(one -> one.longest == Way.IN_PARTS).toList()) {
            try (BatchSource.Batches batches = way.rows(ROWS, true).epoch(0)) {
                assertThat(batches.nextInParts()).as(way.name).hasSizeGreaterThan(1);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("ways")
    void stoppedAfterAnyStepItEndsWithTheSameBits(Way way) {
        final Outcome expected = train(way, NONE);
        final int total = expected.steps().size();
        for (int step : new int[] {1, 5, 6, total}) { // An epoch has 5.
            final Checkpoints checkpoints =
                    Checkpoints.in(folder.resolve("stop-" + step)).resume();
            final Cancellation stop = new Cancellation();
            train(way, to(checkpoints), atStep(step, stop::cancel), stop);
            assertSame(train(way, to(checkpoints)), expected, "stopped after " + step + " of " + total);
        }
    }

    @ParameterizedTest
    @MethodSource("ways")
    void deadAfterAnyStepItEndsWithTheSameBits(Way way) {
        final Outcome expected = train(way, NONE);
        final int total = expected.steps().size();
        for (int step : new int[] {3, total}) {
            final Checkpoints checkpoints =
                    Checkpoints.in(folder.resolve("dead-" + step)).everySteps(2).resume();
            final IllegalStateException death = new IllegalStateException("dead");
            final TrainingListener dying = atStep(step, () -> {
                throw death;
            });
            assertThatThrownBy(() -> train(way, to(checkpoints), dying, new Cancellation()))
                    .isSameAs(death);
            assertSame(train(way, to(checkpoints)), expected, "dead after " + step + " of " + total);
        }
    }

    /** Halves the learning rate after two steps, and may do something after five. */
    private static TrainingListener halving(Runnable action) {
        return new TrainingListener() {
            private TrainingControl control = TrainingControlTest.NONE;

            @Override
            public void attached(TrainingControl given) {
                control = given;
            }

            @Override
            public void stepped(StepReport report) {
                if (report.step() == 2) {
                    control.scaleLearningRate(0.5);
                } else if (report.step() == 5) {
                    action.run();
                }
            }
        };
    }

    @Test
    void aRateThatAListenerScaledStaysScaled() {
        final Outcome expected = train(PLAIN, NONE, halving(() -> {}), new Cancellation());
        assertThat(expected.steps()).isNotEqualTo(train(PLAIN, NONE).steps());
        final Checkpoints checkpoints = Checkpoints.in(folder).resume();
        final Cancellation stop = new Cancellation();
        train(PLAIN, to(checkpoints), halving(stop::cancel), stop);
        assertSame(train(PLAIN, to(checkpoints)), expected, "stopped after 5");
    }

    @Test
    void aRateThatAListenerScalesAsTrainingGoesOnIsNotTakenBack() {
        final Checkpoints checkpoints = begun(3);
        final TrainingListener scaling = new TrainingListener() {
            @Override
            public void attached(TrainingControl given) {
                given.scaleLearningRate(0.1);
            }
        };
        final List<StepReport> steps =
                train(PLAIN, to(checkpoints), scaling, new Cancellation()).steps();
        final List<StepReport> plain = train(PLAIN, NONE).steps();
        for (int i = 0; i < plain.size(); i++) {
            assertThat(steps.get(i).learningRate())
                    .isEqualTo((i < 3 ? 1 : 0.1) * plain.get(i).learningRate());
        }
    }

    @Test
    void itGoesOnAgainAndAgain() {
        final Way way = ways().toList().get(2);
        final Outcome expected = train(way, NONE);
        final Checkpoints checkpoints = Checkpoints.in(folder).resume();
        for (int step = 2; step < expected.steps().size(); step += 2) {
            final Cancellation stop = new Cancellation();
            train(way, to(checkpoints), atStep(step, stop::cancel), stop);
        }
        assertSame(train(way, to(checkpoints)), expected, "stopped every 2 steps");
        assertSame(train(way, to(checkpoints)), expected, "gone on from its end");
    }

    private static final Way PLAIN = new Way("plain", s -> {});

    private Checkpoints begun(long steps) {
        final Checkpoints checkpoints = Checkpoints.in(folder).everySteps(2).resume();
        final Cancellation stop = new Cancellation();
        train(PLAIN, to(checkpoints), atStep(steps, stop::cancel), stop);
        return checkpoints;
    }

    private List<String> names() {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.map(entry -> entry.getFileName().toString()).sorted().toList();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Test
    void theLastOnesAreKeptAndNothingElseIsLeft() {
        begun(7);
        assertThat(names()).containsExactly("checkpoint-6", "checkpoint-7");
        train(PLAIN, to(Checkpoints.in(folder).everySteps(3).keepLast(3).resume()));
        assertThat(names()).containsExactly("checkpoint-12", "checkpoint-13", "checkpoint-9");
    }

    @Test
    void anotherTrainingIsRefusedWithTheDifferences() {
        begun(3);
        final Checkpoints checkpoints = Checkpoints.in(folder).resume();
        final Checkpointing other =
                new Checkpointing(Optional.of(checkpoints), Optional.empty(), Map.of("learning rate", "1.0E-4"));
        assertThatThrownBy(() -> train(PLAIN, other))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("\"learning rate\" was not set, and is 1.0E-4 now");
        assertThatThrownBy(() -> train(new Way("a stream", s -> s.maxSteps = 13, 0, true), to(checkpoints)))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContainingAll("the training data was 37 rows with the checksum", "a stream");
        try (Network network = TinyNet.of(6, 3, 0.2)) {
            final Trainer trainer = TrainerTest.unwatched(network, TrainerTest.TASK, PLAIN.make())
                    .with(to(checkpoints));
            final Optional<BatchSource> validation = Optional.of(PLAIN.rows(24, false));
            assertThatThrownBy(() -> trainer.train(PLAIN.rows(ROWS, true), validation))
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContaining("the model that training starts from is another");
        }
        assertThat(names()).containsExactly("checkpoint-2", "checkpoint-3");
    }

    @Test
    void whatIsThereIsRefusedUnlessSomethingIsSaidOfIt() {
        begun(3);
        assertThatThrownBy(() -> train(PLAIN, to(Checkpoints.in(folder))))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContainingAll(
                        "holds checkpoints",
                        "step 3",
                        "Checkpoints.in(directory).resume()",
                        "Checkpoints.in(directory).replace()");
        final Cancellation stop = new Cancellation();
        train(PLAIN, to(Checkpoints.in(folder).replace()), atStep(1, stop::cancel), stop);
        assertThat(names()).containsExactly("checkpoint-1");
    }

    @Test
    void whatIsReplacedStaysUntilSomethingTakesItsPlace() {
        begun(3);
        final Checkpointing replacing = to(Checkpoints.in(folder).everySteps(2).replace());
        assertThatThrownBy(() -> train(
                        PLAIN,
                        replacing,
                        atStep(1, () -> {
                            throw new IllegalStateException("the listener's");
                        }),
                        new Cancellation()))
                .hasMessageContaining("the listener's");
        assertThat(names()).containsExactly("checkpoint-2", "checkpoint-3");
        final Cancellation stop = new Cancellation();
        train(PLAIN, replacing, atStep(2, stop::cancel), stop);
        assertThat(names()).containsExactly("checkpoint-2");
    }

    @Test
    void whatIsReplacedGoesWithATrainingThatEndsAndWritesNone() {
        begun(3);
        train(PLAIN, to(Checkpoints.in(folder).ofUnendedOnly().replace()));
        assertThat(names()).isEmpty();
    }

    @Test
    void aCheckpointWithoutItsListIsTakenForNone() throws IOException {
        final Outcome expected = train(PLAIN, NONE);
        begun(5);
        Files.delete(folder.resolve("checkpoint-5").resolve("finetune-files.json"));
        Files.delete(folder.resolve("checkpoint-5").resolve("optimizer.safetensors"));
        assertSame(train(PLAIN, to(Checkpoints.in(folder).resume())), expected, "from step 4");
        for (String name : names()) {
            Files.deleteIfExists(folder.resolve(name).resolve("finetune-files.json"));
        }
        assertThatThrownBy(() -> train(PLAIN, to(Checkpoints.in(folder).resume())))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContainingAll("has no finetune-files.json", "no earlier one", "replace()");
    }

    @Test
    void goingOnFromWhereNothingIsIsRefused() {
        final Checkpointing from =
                new Checkpointing(Optional.empty(), Optional.of(folder.resolve("nothing")), Map.of());
        assertThatThrownBy(() -> train(PLAIN, from))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContainingAll("There is no checkpoint in", "nothing");
    }

    @Test
    void oneOfSeveralCanBeNamedAndLaterOnesGiveWay() {
        final Outcome expected = train(PLAIN, NONE);
        begun(7);
        final Checkpointing from = new Checkpointing(
                Optional.of(Checkpoints.beside(folder.resolve("checkpoint-6")).everySteps(1)),
                Optional.of(folder.resolve("checkpoint-6")),
                Map.of());
        final List<Long> resumed = new ArrayList<>();
        final TrainingListener listener = new TrainingListener() {
            @Override
            public void resumed(Path checkpoint, long step, List<EpochReport> evaluations) {
                resumed.add(step);
            }
        };
        assertSame(train(PLAIN, from, listener, new Cancellation()), expected, "from step 6");
        assertThat(resumed).containsExactly(6L);
        assertThat(names()).containsExactly("checkpoint-12", "checkpoint-13");
    }

    @Test
    void oneThatIsDamagedIsTakenForNoneAndTheOneBeforeIsUsed() throws IOException {
        final Outcome expected = train(PLAIN, NONE);
        for (String file : List.of("weights.safetensors", "optimizer.safetensors", CheckpointFolder.STATE)) {
            final Checkpoints checkpoints = begun(7);
            final Path damaged = folder.resolve("checkpoint-7").resolve(file);
            final byte[] bytes = Files.readAllBytes(damaged);
            bytes[bytes.length / 2] ^= 1;
            Files.write(damaged, bytes);
            final List<Long> resumed = new ArrayList<>();
            final TrainingListener listener = new TrainingListener() {
                @Override
                public void resumed(Path checkpoint, long step, List<EpochReport> evaluations) {
                    resumed.add(step);
                }
            };
            assertSame(train(PLAIN, to(checkpoints), listener, new Cancellation()), expected, file);
            assertThat(resumed).as(file).containsExactly(6L);
            Checkpoints.remove(folder);
            assertThat(folder).doesNotExist();
        }
    }

    @Test
    void whereAllAreDamagedItDoesntBegin() throws IOException {
        final Checkpoints checkpoints = begun(2);
        Files.writeString(folder.resolve("checkpoint-2").resolve(CheckpointFolder.STATE), "{", StandardCharsets.UTF_8);
        assertThatThrownBy(() -> train(PLAIN, to(checkpoints)))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContainingAll("checkpoint-2", "isn't what was saved here");
    }

    @Test
    void aDirectoryThatTwoTrainingsNameIsRefusedToTheSecond() {
        final Checkpoints checkpoints = Checkpoints.in(folder).everySteps(1).resume();
        final List<Throwable> thrown = new ArrayList<>();
        train(
                PLAIN,
                to(checkpoints),
                atStep(2, () -> {
                    final Thread other = new Thread(() -> {
                        try {
                            train(PLAIN, to(checkpoints));
                        } catch (FinetuneException e) {
                            thrown.add(e);
                        }
                    });
                    other.start();
                    join(other);
                }),
                new Cancellation());
        assertThat(thrown).hasSize(1);
        assertThat(thrown.get(0)).hasMessageContaining("Another training writes its checkpoints to");
    }

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void oneThatCantBeWrittenIsWarnedOfAndTrainingGoesOn() throws IOException {
        final Outcome expected = train(PLAIN, NONE);
        final List<String> warnings = new ArrayList<>();
        // A file in the place of the folder, which nobody can replace with one.
        Files.createDirectories(folder);
        Files.writeString(folder.resolve("checkpoint-4"), "in the way");
        final TrainingListener listener = new TrainingListener() {
            @Override
            public void warned(String message) {
                warnings.add(message);
            }
        };
        final Outcome found =
                train(PLAIN, to(Checkpoints.in(folder).everySteps(2).resume()), listener, new Cancellation());
        assertSame(found, expected, "with a checkpoint that wasn't written");
        assertThat(warnings)
                .anySatisfy(message -> assertThat(message)
                        .contains("The checkpoint of step 4 couldn't be written", "the last whole one is of step 2")
                        .doesNotContain(folder.toString()));
        assertThat(folder.resolve("checkpoint-13")).isDirectory();
    }

    @Test
    void aDirectoryThatIsMadeReadOnlyIsWarnedOfAndTrainingGoesOn() throws IOException {
        assumeThat(readOnlyIsObeyed()).as("this user may write anywhere").isTrue();
        final Outcome expected = train(PLAIN, NONE);
        final List<String> warnings = new ArrayList<>();
        final Path directory = Files.createDirectories(folder.resolve("checkpoints"));
        final TrainingListener listener = new TrainingListener() {
            @Override
            public void stepped(StepReport report) {
                if (report.step() == 5 || report.step() == 9) {
                    assertThat(directory.toFile().setWritable(report.step() == 9))
                            .isTrue();
                }
            }

            @Override
            public void warned(String message) {
                warnings.add(message);
            }
        };
        final Checkpoints checkpoints = Checkpoints.in(directory).everySteps(1).resume();
        assertSame(train(PLAIN, to(checkpoints), listener, new Cancellation()), expected, "read-only for 4 steps");
        assertThat(warnings)
                .filteredOn(message -> message.contains("couldn't be written"))
                .hasSize(1)
                .first()
                .asString()
                .contains("The checkpoint of step 5 couldn't be written", "the last whole one is of step 4");
    }

    private boolean readOnlyIsObeyed() throws IOException {
        final Path probe = Files.createDirectories(folder.resolve("probe"));
        try {
            return probe.toFile().setWritable(false) && !Files.isWritable(probe);
        } finally {
            assertThat(probe.toFile().setWritable(true)).isTrue();
        }
    }

    @Test
    void aDirectoryThatCantBeWrittenIsRefusedBeforeTraining() throws IOException {
        Files.createDirectories(folder);
        final Path file = Files.writeString(folder.resolve("file"), "no directory");
        assertThatThrownBy(() -> train(PLAIN, to(Checkpoints.in(file.resolve("no")))))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("No checkpoints can be written in");
    }

    @Test
    void whatALinkInACheckpointLeadsToStaysWhenItIsRemoved(@TempDir Path elsewhere) throws IOException {
        final Path file = Files.writeString(elsewhere.resolve("file"), "of others");
        begun(1);
        Files.createSymbolicLink(folder.resolve("checkpoint-1").resolve("link"), elsewhere);
        Checkpoints.remove(folder);
        assertThat(folder).doesNotExist();
        assertThat(file).hasContent("of others");
    }

    @Test
    void aTrainingThatFailsLeavesNoEmptyDirectoriesAndNoLock() {
        final Path deep = folder.resolve("new").resolve("deep");
        final IllegalStateException failure = new IllegalStateException("no");
        for (int i = 0; i < 2; i++) {
            assertThatThrownBy(() -> train(
                            PLAIN,
                            to(Checkpoints.in(deep)),
                            atStep(1, () -> {
                                throw failure;
                            }),
                            new Cancellation()))
                    .isSameAs(failure);
            assertThat(folder.resolve("new")).doesNotExist();
        }
    }

    @Test
    void whatDeadProcessesLeftIsSweptAndWhatIsOfOthersStays() throws IOException {
        Files.createDirectories(folder.resolve(".finetune-leaving-1"));
        Files.writeString(folder.resolve(".finetune-leaving-1").resolve("weights.safetensors"), "half");
        Files.createDirectories(folder.resolve("checkpoint-9").resolve(".finetune-saving-1"));
        Files.createDirectories(folder.resolve("checkpoint-500"));
        Files.writeString(folder.resolve("checkpoint-500").resolve("trainer_state.json"), "{}");
        begun(1);
        assertThat(names()).containsExactly("checkpoint-1", "checkpoint-500");
    }

    @Test
    void aFolderOfAnotherLibraryIsNeitherAddedToNorRemoved() throws IOException {
        Files.createDirectories(folder.resolve("checkpoint-4"));
        Files.writeString(folder.resolve("checkpoint-4").resolve("trainer_state.json"), "{}");
        final List<String> warnings = new ArrayList<>();
        final TrainingListener listener = new TrainingListener() {
            @Override
            public void warned(String message) {
                warnings.add(message);
            }
        };
        train(PLAIN, to(Checkpoints.in(folder).everySteps(2)), listener, new Cancellation());
        assertThat(names()).containsExactly("checkpoint-12", "checkpoint-13", "checkpoint-4");
        assertThat(folder.resolve("checkpoint-4")).isDirectoryContaining("glob:**/trainer_state.json");
        try (Stream<Path> files = Files.list(folder.resolve("checkpoint-4"))) {
            assertThat(files).hasSize(1);
        }
        assertThat(warnings)
                .anySatisfy(message -> assertThat(message)
                        .contains("step 4 couldn't be written", "a folder checkpoint-4 that isn't this library's"));
    }

    @Test
    void whatAListenerThrowsAtACheckpointEndsTrainingAndTheCheckpointStays() {
        final FinetuneException failure = new FinetuneException("mine");
        final TrainingListener listener = new TrainingListener() {
            @Override
            public void checkpointed(Path checkpoint, long step) {
                throw failure;
            }
        };
        assertThatThrownBy(() -> train(PLAIN, to(Checkpoints.in(folder).everySteps(2)), listener, new Cancellation()))
                .isSameAs(failure);
        assertThat(names()).containsExactly("checkpoint-2");
    }

    @Test
    void aStateThatNoTrainingComesToIsRefused() throws IOException {
        final Checkpoints checkpoints = begun(7);
        final Path state = folder.resolve("checkpoint-7").resolve(CheckpointFolder.STATE);
        final Checkpointing from =
                new Checkpointing(Optional.of(checkpoints), Optional.of(folder.resolve("checkpoint-7")), Map.of());
        final String right = Files.readString(state);
        for (String wrong : List.of(
                "\"step\":-7",
                "\"step\":8",
                "\"epoch\":-1",
                "\"epoch\":99",
                "\"steps_of_epoch\":-2",
                "\"best\":99",
                "\"averaged\":-1",
                "\"at_once\":-1",
                "\"steps\":[[],[")) {
            final String name = wrong.substring(0, wrong.indexOf(':') + 1);
            final String changed =
                    right.replaceFirst(name + (wrong.endsWith("[") ? "\\[\\[" : "-?[0-9]+"), wrong.replace("[", "\\["));
            assertThat(changed).as(wrong).isNotEqualTo(right);
            DirectorySave.some( // With a list that is right, as whoever forges one would.
                    state.getParent(),
                    Set.of(CheckpointFolder.STATE),
                    staging -> Files.writeString(staging.resolve(CheckpointFolder.STATE), changed));
            assertThatThrownBy(() -> train(PLAIN, from))
                    .as(wrong)
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContainingAll(CheckpointFolder.STATE, "can't be understood");
        }
    }

    @Test
    void oneThatIsStoppedBeforeItsLastEvaluationHasNotEnded() {
        final Way way = new Way("best kept", s -> s.keepBest = true);
        final Outcome expected = train(way, NONE);
        final int total = expected.steps().size();
        final Checkpoints checkpoints =
                Checkpoints.in(folder.resolve("unended")).ofUnendedOnly().resume();
        final Cancellation stop = new Cancellation();
        final List<TrainingHistory.End> ends = new ArrayList<>();
        final TrainingListener stopping = new TrainingListener() {
            @Override
            public void stepped(StepReport report) {
                if (report.step() == total) {
                    stop.cancel();
                }
            }

            @Override
            public void finished(TrainingHistory history) {
                ends.add(history.end());
            }
        };
        train(way, to(checkpoints), stopping, stop);
        assertThat(ends).containsExactly(TrainingHistory.End.CANCELLED);
        assertThat(Checkpoints.areIn(folder.resolve("unended"))).isTrue();
        assertSame(train(way, to(checkpoints)), expected, "gone on with its last evaluation");
    }
}
