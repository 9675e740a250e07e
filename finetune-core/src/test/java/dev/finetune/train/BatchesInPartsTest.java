package dev.finetune.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.finetune.batch.Encoded;
import dev.finetune.batch.HostBatch;
import dev.finetune.batch.HostTensor;
import dev.finetune.data.Dataset;
import dev.finetune.data.Text;
import dev.finetune.error.FinetuneException;
import dev.finetune.error.OutOfMemoryException;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import dev.finetune.nn.Network;
import dev.finetune.nn.Parameter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Batches for which memory doesn't suffice, computed in parts: the allocator fails for real, as if it had so little. */
class BatchesInPartsTest {
    private static final long ABSURD = 1L << 48;

    private final Settings settings = new Settings();
    private final List<String> warnings = new ArrayList<>();
    private final List<Integer> sizes = new ArrayList<>();

    private static EncodedRows rows(int count, int batch, boolean training) {
        return new EncodedRows(
                Rows.of(count, 6, 1), new Rows(), new EncodedRows.Order(batch, training, training, training, 3));
    }

    /** A network that memory suffices for so many symbols of, rows times the longest, in the last of its stages. */
    private Network sufficing(int symbols, Network network) {
        return FaultyStage.in(network, 2, (input, batch, context) -> {
            if (input.size(0) * input.size(1) > symbols) {
                torch.empty(ABSURD);
            }
            sizes.add((int) input.size(0));
            return input;
        });
    }

    private TrainingHistory train(Network network, BatchSource training) {
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
                        new Cancellation())
                .train(training, Optional.of(rows(24, 16, false)));
    }

    private static List<Double> losses(TrainingHistory history) {
        return history.steps().stream().map(StepReport::loss).toList();
    }

    private static void areClose(Network found, Network expected) {
        for (int i = 0; i < expected.parameters().size(); i++) {
            assertThat(Tensors.floats(found.parameters().get(i).value()))
                    .containsExactly(Tensors.floats(expected.parameters().get(i).value()), within(2e-5f));
        }
    }

    private void trainsAlike(BatchSource training, int symbols) {
        settings.maxSteps = 10;
        settings.learningRate = 1e-3; // Adam makes large steps of small differences between gradients near 0.
        try (Network whole = TinyNet.of(5, 2, 0);
                Network parted = TinyNet.of(5, 2, 0)) {
            final TrainingHistory expected = train(whole, training);
            settings.batchesInParts = true;
            final TrainingHistory found = train(sufficing(symbols, parted), training);
            assertThat(losses(found)).hasSameSizeAs(losses(expected));
            for (int i = 0; i < losses(expected).size(); i++) {
                assertThat(losses(found).get(i)).isCloseTo(losses(expected).get(i), within(1e-5));
            }
            assertThat(found.steps())
                    .extracting(StepReport::rows)
                    .isEqualTo(expected.steps().stream().map(StepReport::rows).toList());
            assertThat(metric(found)).isCloseTo(metric(expected), within(1e-5));
            areClose(parted, whole);
        }
    }

    private static double metric(TrainingHistory history) {
        return history.epochs().get(0).validation().orElseThrow().get("loss");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void aTrainingInPartsIsTheTrainingOfTheWholeBatches(int accumulation) {
        settings.accumulation = accumulation;
        trainsAlike(rows(72, 16, true), 20);
        assertThat(sizes).allMatch(size -> size < 16).contains(2);
        assertThat(warnings).isNotEmpty().allMatch(warning -> warning.startsWith("Memory doesn't suffice for "));
        assertThat(warnings.get(0)).matches("Memory doesn't suffice for 16 rows \\(input_ids 16 x \\d\\) at once: .*");
    }

    @Test
    void soIsOneOfAStreamAndOneWithKeptOutputsOfFrozenStages() {
        final Dataset<Text> stream = Dataset.streamed(Text.class, () -> Rows.examples(72, 6, 1).stream());
        trainsAlike(new StreamedRows<>(stream, new Rows(), new EncodedRows.Order(16, true, true, true, 3)), 20);
        assertThat(sizes).contains(2);
        try (Network whole = TinyNet.of(5, 2, 0);
                Network parted = TinyNet.of(5, 2, 0)) {
            for (Network network : List.of(whole, parted)) {
                network.stages().get(0).parameters().forEach(parameter -> parameter.setTrained(false));
                network.stages().get(1).parameters().forEach(parameter -> parameter.setTrained(false));
            }
            // Of equal length, for this network reads padding.
            final EncodedRows rows = new EncodedRows(
                    Rows.of(300, 4, 1).stream().filter(row -> row.length() == 4).toList(),
                    new Rows(),
                    new EncodedRows.Order(16, true, true, true, 3));
            settings.batchesInParts = false;
            train(whole, rows);
            settings.batchesInParts = true;
            train(sufficing(20, parted), rows);
            areClose(parted, whole);
        }
    }

    @Test
    void whereMemorySufficesNothingIsChangedBitForBit() {
        try (Network whole = TinyNet.of(5, 2, 0.1);
                Network asked = TinyNet.of(5, 2, 0.1)) {
            final TrainingHistory expected = train(whole, rows(40, 8, true));
            settings.batchesInParts = true;
            assertThat(losses(train(asked, rows(40, 8, true)))).isEqualTo(losses(expected));
            for (int i = 0; i < whole.parameters().size(); i++) {
                final Parameter parameter = whole.parameters().get(i);
                assertThat(Tensors.floats(asked.parameters().get(i).value()))
                        .isEqualTo(Tensors.floats(parameter.value()));
            }
            assertThat(warnings).isEmpty();
        }
    }

    @Test
    void aRowForWhichMemoryDoesNotSufficeEndsTraining() {
        settings.batchesInParts = true;
        try (Network network = TinyNet.of(5, 2, 0)) {
            final long before = Pointer.totalCount();
            assertThatThrownBy(() -> train(sufficing(2, network), rows(40, 8, true)))
                    .isInstanceOf(OutOfMemoryException.class)
                    .hasMessageContainingAll("The batch has 1 row (input_ids 1 x ", "gradientCheckpointing(true)")
                    .satisfies(e -> assertThat(e.getMessage()).doesNotContain("batchSize"));
            assertThat(Pointer.totalCount()).isLessThanOrEqualTo(before);
            try (TensorScope scope = TensorScope.open()) {
                assertThat(Gradients.of(network.parameters())).isEmpty();
            }
        }
    }

    @Test
    void anEvaluationIsComputedInPartsUnasked() {
        try (Network network = TinyNet.of(5, 2, 0)) {
            final double expected = Evaluator.evaluate(
                            network, TrainerTest.TASK, rows(40, 16, false), Tensors.cpu(), true)
                    .get("loss");
            assertThat(Evaluator.evaluate(
                                    sufficing(17, network), TrainerTest.TASK, rows(40, 16, false), Tensors.cpu(), true)
                            .get("loss"))
                    .isCloseTo(expected, within(1e-6));
            assertThat(sizes.stream().mapToInt(Integer::intValue).sum()).isEqualTo(40);
        }
    }

    @Test
    void partsAreEvenHoldTogetherWhatBelongsTogetherAndHaveAsManyRowsAsTheyMust() {
        final BatchSource pairs = new BatchSource() {
            @Override
            public java.util.OptionalLong batchesPerEpoch() {
                return java.util.OptionalLong.empty();
            }

            @Override
            public java.util.OptionalLong rowsPerEpoch() {
                return java.util.OptionalLong.empty();
            }

            @Override
            public Batches epoch(int epoch) {
                throw new AssertionError();
            }

            @Override
            public int rowsTogether() {
                return 2;
            }
        };
        assertThat(halvings(pairs, 14, 1))
                .containsExactly(List.of(14), List.of(6, 8), List.of(2, 4, 4, 4), List.of(2, 2, 2, 2, 2, 2, 2));
        final BatchSource single = rows(4, 4, true);
        assertThat(halvings(single, 5, 2)).containsExactly(List.of(5), List.of(2, 3));
        assertThat(halvings(single, 5, 1))
                .containsExactly(List.of(5), List.of(2, 3), List.of(1, 2, 2), List.of(1, 1, 1, 1, 1));
    }

    private static List<List<Integer>> halvings(BatchSource source, int count, int least) {
        final HostBatch batch = new HostBatch(
                Map.of("input_ids", new HostTensor.Longs(new long[count * 2], count, 2)), Rows.of(count, 1, 1));
        final Portions portions = new Portions(source, least);
        final List<List<Integer>> all = new ArrayList<>();
        List<HostBatch> parts = List.of();
        do {
            parts = portions.of(batch);
            all.add(parts.stream().map(HostBatch::size).toList());
        } while (portions.halve(parts.get(parts.size() - 1)));
        return all;
    }

    @Test
    void aPartHasItsRowsOfEveryColumn() {
        final List<Encoded> rows = Rows.of(3, 2, 1);
        final HostBatch batch = new HostBatch(
                Map.of(
                        "longs", new HostTensor.Longs(new long[] {1, 2, 3, 4, 5, 6}, 3, 2),
                        "floats", new HostTensor.Floats(new float[] {1, 2, 3}, 3)),
                rows);
        final HostBatch part = BatchParts.cut(batch, 1, 3);
        assertThat(part.rows()).containsExactly(rows.get(1), rows.get(2));
        assertThat(((HostTensor.Longs) part.columns().get("longs")).data()).containsExactly(3, 4, 5, 6);
        assertThat(part.columns().get("longs").shape()).containsExactly(2, 2);
        assertThat(((HostTensor.Floats) part.columns().get("floats")).data()).containsExactly(2, 3);
        final HostBatch odd = new HostBatch(Map.of("masks", new HostTensor.Floats(new float[4], 4)), rows);
        assertThatThrownBy(() -> BatchParts.cut(odd, 0, 1))
                .isInstanceOf(FinetuneException.class)
                .hasMessage("A batch of 3 rows can't be cut: its column \"masks\" is of shape [4]. Use a smaller"
                        + " batchSize(...).");
    }

    @Test
    void aBatchSizeIsAboveZero() {
        assertThat(BatchSize.auto()).isEqualTo(new BatchSize(8, true));
        assertThat(BatchSize.auto(32)).hasToString("32, in parts where memory doesn't suffice");
        assertThat(BatchSize.of(32)).hasToString("32");
        assertThatThrownBy(() -> BatchSize.auto(0)).hasMessage("batchSize must be above 0, but is 0.");
    }
}
