package dev.finetune.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.finetune.internal.torch.Tensors;
import dev.finetune.nn.Network;
import dev.finetune.nn.Parameter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Sums of gradients that begin while the backward pass goes on are those that begin after it, bit by bit. */
class EarlySumsTest {
    private static final int PROCESSES = 3;
    private static final int LAYERS = 3;

    private final Settings settings = twoEpochs();
    private UnaryOperator<Network> changed = UnaryOperator.identity();

    /** What came of a process: the loss of each step and all weights; and of how many tensors the sums began early. */
    private record Came(List<Double> losses, List<float[]> weights, int early) {}

    private static Settings twoEpochs() {
        final Settings settings = new Settings();
        settings.epochs = 2;
        return settings;
    }

    /** Each process has other rows, and not as many. */
    private static EncodedRows rows(int rank) {
        return new EncodedRows(
                Rows.of(22 - 5 * rank, 6, rank), new Rows(), new EncodedRows.Order(4, true, false, false, 3));
    }

    private Came train(ProcessGroup group) {
        try (Network network = TinyNet.of(5, LAYERS, 0.1)) {
            final TrainingHistory history = TrainerTest.unwatched(
                            group.rank() == 1 ? changed.apply(network) : network, TrainerTest.TASK, settings.make())
                    .with(group)
                    .train(rows(group.rank()), Optional.empty());
            return new Came(
                    history.steps().stream().map(StepReport::loss).toList(),
                    network.parameters().stream()
                            .map(each -> Tensors.floats(each.value()))
                            .toList(),
                    ThreadGroups.early(group));
        }
    }

    private List<Came> train(long earlySum) throws Exception {
        final List<Came> came = new ArrayList<>();
        for (CompletableFuture<Came> each : ThreadGroups.run(PROCESSES, earlySum, this::train)) {
            came.add(each.get());
        }
        return came;
    }

    private List<Came> trainsAlike(long earlySum) throws Exception {
        final List<Came> expected = train(0);
        final List<Came> found = train(earlySum);
        for (int rank = 0; rank < PROCESSES; rank++) {
            assertThat(found.get(rank).losses()).isEqualTo(expected.get(rank).losses());
            assertThat(found.get(rank).weights().size())
                    .isEqualTo(expected.get(rank).weights().size());
            for (int i = 0; i < found.get(rank).weights().size(); i++) {
                assertThat(found.get(rank).weights().get(i))
                        .as("process %d, parameter %d", rank, i)
                        .isEqualTo(expected.get(rank).weights().get(i));
            }
            assertThat(expected.get(rank).early()).isZero();
        }
        assertThat(found.get(0).early()).isPositive();
        return found;
    }

    static Stream<Consumer<Settings>> ways() {
        return Stream.of(
                settings -> {},
                settings -> settings.accumulation = 3,
                settings -> settings.gradientCheckpointing = true,
                settings -> {
                    settings.rowGradients = false;
                    settings.preservation = KnowledgePreservation.DEFAULT.l2sp(0.01, 0.001);
                },
                settings -> settings.regularization = Regularization.DEFAULT.rDrop(0.5),
                settings -> settings.preservation = KnowledgePreservation.DEFAULT.distill(0.5));
    }

    @ParameterizedTest
    @MethodSource("ways")
    void inEachWayOfComputingAStep(Consumer<Settings> way) throws Exception {
        way.accept(settings);
        for (long earlySum : new long[] {1, 300}) {
            trainsAlike(earlySum);
        }
    }

    @Test
    void fromTheSecondStepOnEachLayersAndTheHeadsBeginEarlyAndTheEmbeddingsDoNot() throws Exception {
        final Came first = trainsAlike(1).get(0);
        final int steps = first.losses().size();
        assertThat(steps).isEqualTo(12);
        assertThat(first.early()).isEqualTo((first.weights().size() - 1) * (steps - 1));
    }

    @Test
    void whatIsFrozenAtFirstBeginsEarlyOnceItIsTrained() throws Exception {
        settings.preservation = KnowledgePreservation.DEFAULT.gradualUnfreezing(0.5);
        trainsAlike(1);
    }

    @Test
    void nothingIsHeldAfterwardsHoweverManySumsBeganEarly() throws Exception {
        train(1);
        final long before = Pointer.totalCount();
        train(1);
        assertThat(Pointer.totalCount()).isLessThanOrEqualTo(before);
    }

    @Test
    void aStageThatUsesWhatItDoesNotListIsFoundRatherThanTrainedWrongly() throws Exception {
        changed = network -> {
            final Parameter later = network.stages().get(LAYERS).parameters().get(0);
            return FaultyStage.in(
                    network,
                    1,
                    (input, batch, context) -> input.mul(later.value().mean()));
        };
        final List<CompletableFuture<Came>> all = ThreadGroups.run(PROCESSES, 1, this::train);
        assertThat(ThreadGroups.thrown(all.get(1)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContainingAll("layer.2.in.weight", "doesn't list it among its parameters");
    }

    @Test
    void whereMemoryRunsOutInAProcessAfterSumsHaveBegunItComputesAgainAndTheOthersNeverKnow() throws Exception {
        settings.gradientCheckpointing = true;
        settings.batchesInParts = true;
        // The first time that the layer is computed again, in the third step.
        changed = network -> {
            final int[] passes = {0};
            return FaultyStage.in(network, 1, (input, batch, context) -> {
                if (passes[0]++ == 5) {
                    torch.empty(1L << 48);
                }
                return input;
            });
        };
        final List<Came> found = train(1);
        assertThat(found.get(0).early()).isPositive();
        changed = UnaryOperator.identity();
        final List<Came> expected = train(1);
        for (int rank = 0; rank < PROCESSES; rank++) {
            assertThat(found.get(rank).weights())
                    .usingRecursiveComparison()
                    .isEqualTo(found.get(0).weights());
            assertThat(found.get(rank).losses().subList(0, 2))
                    .isEqualTo(expected.get(0).losses().subList(0, 2));
            for (int i = 0; i < 3; i++) {
                assertThat(found.get(rank).losses().get(i))
                        .isCloseTo(expected.get(0).losses().get(i), within(1e-2));
            }
        }
    }
}
