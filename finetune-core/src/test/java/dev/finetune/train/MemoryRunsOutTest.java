package dev.finetune.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.batch.HostBatch;
import dev.finetune.error.OutOfMemoryException;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import dev.finetune.nn.Network;
import dev.finetune.nn.Parameter;
import java.util.List;
import java.util.Optional;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;

/** Memory that runs out, of LibTorch's and of Java's, in each stage of a step. */
class MemoryRunsOutTest {
    /** A petabyte, which no system gives: LibTorch's allocator fails for real. */
    private static final long ABSURD = 1L << 48;

    private final Settings settings = new Settings();

    private static EncodedRows rows(int count, boolean training) {
        return new EncodedRows(
                Rows.of(count, 6, 1), new Rows(), new EncodedRows.Order(8, training, training, training, 3));
    }

    private TrainingHistory train(Network network) {
        return TrainerTest.unwatched(network, TrainerTest.TASK, settings.make())
                .train(rows(40, true), Optional.of(rows(16, false)));
    }

    /** The network, in the given stage of which memory runs out in the given pass. */
    private static Network failing(Network network, int stage, int pass, Runnable failure) {
        final int[] passes = {0};
        return FaultyStage.in(network, stage, (input, batch, context) -> {
            if (passes[0]++ == pass) {
                failure.run();
            }
            return input;
        });
    }

    private static void askForTooMuch() {
        torch.empty(ABSURD);
    }

    private static void fillTheHeap() {
        assertThat(new long[Integer.MAX_VALUE]).isEmpty(); // Not reached: it is more than the heap may have.
    }

    private void accumulating() {
        settings.accumulation = 2;
        settings.keepBest = true;
        settings.evaluateEvery = 1;
        settings.regularization = Regularization.DEFAULT.average(WeightAverage.ema(0.9));
        settings.preservation = KnowledgePreservation.DEFAULT.l2sp(0.01, 0.001);
    }

    @Test
    void aStepSaysWhichItWasOnWhatBatchHowMuchItAskedForAndWhatHelps() {
        try (Network network = TinyNet.of(5, 2, 0.1)) {
            assertThatThrownBy(() -> train(failing(network, 1, 3, MemoryRunsOutTest::askForTooMuch)))
                    .isInstanceOf(OutOfMemoryException.class)
                    .hasMessageMatching(
                            "Step 4, the batch of rows [\\d, ]+ \\(counted from 0\\): memory ran out: the system"
                                    + " had no 1125\\.9 TB to give\\. The batch has 8 rows \\(input_ids 8 x \\d\\)\\."
                                    + " What takes less memory: a smaller batchSize.*accumulate.*BatchSize\\.auto\\(8\\).*, a maxLength\\(\\.\\.\\.\\)"
                                    + " below \\d, execution\\(e -> e\\.gradientCheckpointing\\(true\\)\\), freeze\\(\\.\\.\\.\\) or lora\\(\\.\\.\\.\\)\\.");
        }
    }

    @Test
    void whoTrainsAnAdapterAlreadyIsNotToldToTrainOne() {
        final HostBatch batch = TinyNet.batch(Rows.of(4, 5, 1));
        assertThat(MemoryHelp.training(batch, settings.make(), false)).contains("freeze(...) or lora(...)");
        assertThat(MemoryHelp.training(batch, settings.make(), true))
                .contains("a smaller batchSize(...)")
                .doesNotContain("lora", "freeze");
    }

    @Test
    void anEvaluationSaysSoToo() {
        try (Network network = TinyNet.of(5, 2, 0.1)) {
            final Network failing = FaultyStage.in(network, 1, (input, batch, context) -> {
                if (!context.training()) {
                    askForTooMuch();
                }
                return input;
            });
            assertThatThrownBy(() -> train(failing))
                    .isInstanceOf(OutOfMemoryException.class)
                    .hasMessageContainingAll(
                            "Evaluating the batch of rows ", "1 row (input_ids 1 x ", "maxLength(...)");
        }
    }

    @Test
    void nothingIsHeldAfterAFailureInWhateverPassAndTheNextTrainingIsThatOfAFreshNetwork() {
        final List<Runnable> failures = List.of(MemoryRunsOutTest::askForTooMuch, MemoryRunsOutTest::fillTheHeap);
        for (boolean much : new boolean[] {false, true}) {
            if (much) {
                accumulating();
            }
            for (boolean checkpointing : new boolean[] {false, true}) {
                settings.gradientCheckpointing = checkpointing;
                for (Runnable failure : failures) {
                    // Evaluations come later, and make do with less.
                    for (int pass = 0; pass < (much ? 2 : 5); pass++) {
                        failsAndLeavesNothing(pass, failure);
                    }
                }
            }
        }
    }

    private void failsAndLeavesNothing(int pass, Runnable failure) {
        try (Network network = TinyNet.of(5, 2, 0.1);
                Network.Snapshot start = network.snapshot()) {
            train(network);
            start.restore();
            final long before = Pointer.totalCount();
            assertThatThrownBy(() -> train(failing(network, 2, pass, failure)))
                    .isInstanceOfAny(OutOfMemoryException.class, OutOfMemoryError.class);
            assertThat(Pointer.totalCount()).as("pass %d", pass).isLessThanOrEqualTo(before);
            try (TensorScope scope = TensorScope.open()) {
                assertThat(Gradients.of(network.parameters())).isEmpty();
            }
            start.restore();
            train(network);
            try (Network fresh = TinyNet.of(5, 2, 0.1)) {
                train(fresh);
                assertThat(values(network)).usingRecursiveComparison().isEqualTo(values(fresh));
            }
        }
    }

    private static List<float[]> values(Network network) {
        return network.parameters().stream()
                .map(Parameter::value)
                .map(Tensors::floats)
                .toList();
    }
}
