package dev.finetune.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.batch.CollateContext;
import dev.finetune.batch.Encoded;
import dev.finetune.batch.HostBatch;
import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.data.Text;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Rows from memory and rows from a stream: what comes, in which order, in which batches. */
class RowSourcesTest {
    private static EncodedRows.Order order(int batch, boolean shuffle, boolean group, long seed) {
        return new EncodedRows.Order(batch, true, shuffle, group, seed);
    }

    private static List<List<Encoded>> epoch(BatchSource source, int epoch) {
        return parts(source, epoch).stream().map(RowSourcesTest::flat).toList();
    }

    /** The rows of each part of each batch. */
    private static List<List<List<Encoded>>> parts(BatchSource source, int epoch) {
        final List<List<List<Encoded>>> batches = new ArrayList<>();
        try (BatchSource.Batches all = source.epoch(epoch)) {
            while (all.hasNext()) {
                batches.add(all.nextInParts().stream().map(HostBatch::rows).toList());
            }
        }
        return batches;
    }

    private static List<Encoded> flat(List<List<Encoded>> batches) {
        return batches.stream().flatMap(List::stream).toList();
    }

    /** How many cells padding adds. */
    private static long padding(List<List<Encoded>> batches) {
        long cells = 0;
        for (List<Encoded> batch : batches) {
            final int longest = batch.stream().mapToInt(Encoded::length).max().orElse(0);
            cells += batch.stream().mapToLong(row -> longest - row.length()).sum();
        }
        return cells;
    }

    @Test
    void everyRowComesOnceAnEpochInAnOrderThatSeedAndEpochDecide() {
        final List<Encoded> rows = Rows.of(103, 20, 1);
        for (boolean group : new boolean[] {false, true}) {
            final EncodedRows source = new EncodedRows(rows, new Rows(), order(8, true, group, 7));
            assertThat(source.batchesPerEpoch()).isEqualTo(OptionalLong.of(13));
            assertThat(source.rowsPerEpoch()).isEqualTo(OptionalLong.of(103));
            final List<List<Encoded>> first = epoch(source, 0);
            assertThat(first).hasSize(13);
            final var seen = Collections.<Encoded>newSetFromMap(new IdentityHashMap<>());
            seen.addAll(flat(first));
            assertThat(seen).hasSize(103);
            assertThat(epoch(source, 0)).isEqualTo(first);
            assertThat(epoch(new EncodedRows(rows, new Rows(), order(8, true, group, 7)), 0))
                    .isEqualTo(first);
            assertThat(epoch(source, 1)).isNotEqualTo(first);
            assertThat(epoch(new EncodedRows(rows, new Rows(), order(8, true, group, 8)), 0))
                    .isNotEqualTo(first);
        }
    }

    @Test
    void withoutShufflingRowsKeepTheirOrder() {
        final List<Encoded> rows = Rows.of(21, 9, 2);
        final EncodedRows source = new EncodedRows(rows, new Rows(), order(4, false, false, 7));
        assertThat(flat(epoch(source, 0))).isEqualTo(rows);
        assertThat(flat(epoch(source, 3))).isEqualTo(rows);
    }

    @Test
    void groupingByLengthSavesMostOfThePaddingAndDrawsBatchesAsWithoutIt() {
        final List<Encoded> rows = Rows.of(2000, 64, 3);
        final EncodedRows grouped = new EncodedRows(rows, new Rows(), order(16, true, true, 1));
        final EncodedRows mixed = new EncodedRows(rows, new Rows(), order(16, true, false, 1));
        final List<List<Encoded>> parts =
                parts(grouped, 0).stream().flatMap(List::stream).toList();
        assertThat(padding(parts)).isLessThan(padding(epoch(mixed, 0)) / 3);
        assertThat(parts).hasSizeLessThan(6 * 125);
        int same = 0;
        for (int i = 0; i < 125; i++) {
            same += Set.copyOf(epoch(grouped, 0).get(i))
                            .equals(Set.copyOf(epoch(mixed, 0).get(i)))
                    ? 1
                    : 0;
        }
        assertThat(same)
                .as("batches but those that the longest row is exchanged between")
                .isGreaterThanOrEqualTo(123);
    }

    @Test
    void everyBatchHasACollationSeedOfItsOwnAndEvaluationTheSameEachTime() {
        final Rows training = new Rows();
        final EncodedRows source = new EncodedRows(Rows.of(40, 5, 4), training, order(4, true, true, 7));
        final int made = parts(source, 0).stream().mapToInt(List::size).sum()
                + parts(source, 1).stream().mapToInt(List::size).sum();
        assertThat(training.contexts)
                .extracting(CollateContext::seed)
                .hasSize(made)
                .doesNotHaveDuplicates();
        assertThat(training.contexts).extracting(CollateContext::purpose).containsOnly(CollateContext.Purpose.TRAINING);
        final Rows evaluation = new Rows();
        final EncodedRows held =
                new EncodedRows(Rows.of(40, 5, 4), evaluation, new EncodedRows.Order(4, false, false, true, 7));
        epoch(held, 0);
        epoch(held, 1);
        assertThat(evaluation.contexts.subList(0, 10)).isEqualTo(evaluation.contexts.subList(10, 20));
        assertThat(evaluation.contexts)
                .extracting(CollateContext::purpose)
                .containsOnly(CollateContext.Purpose.EVALUATION);
    }

    @Test
    void aBatchIsDescribedByTheNumbersOfItsRows() {
        final List<Encoded> rows = Rows.of(10, 5, 5);
        final EncodedRows source = new EncodedRows(rows, new Rows(), order(4, false, false, 7));
        final HostBatch batch = TinyNet.batch(List.of(rows.get(9), rows.get(2)));
        assertThat(source.describe(batch)).contains("rows 2, 9");
    }

    @Test
    void aStreamGivesEveryRowOnceAnEpochWindowByWindow() {
        final int count = 64 * 4 * 2 + 37;
        final AtomicInteger passes = new AtomicInteger();
        final Dataset<Text> stream = Dataset.streamed(Text.class, () -> {
            passes.incrementAndGet();
            return Rows.examples(count, 30, 6).stream();
        });
        final List<Encoded> expected = new Rows().encode(Rows.examples(count, 30, 6));
        final StreamedRows<Text> source = new StreamedRows<>(stream, new Rows(), order(4, true, true, 7));
        assertThat(source.batchesPerEpoch()).isEmpty();
        assertThat(source.rowsPerEpoch()).isEmpty();
        final List<List<Encoded>> first = epoch(source, 0);
        assertThat(flat(first)).containsExactlyInAnyOrderElementsOf(expected).isNotEqualTo(expected);
        assertThat(flat(first.subList(0, 64))).containsExactlyInAnyOrderElementsOf(expected.subList(0, 256));
        assertThat(first.subList(0, first.size() - 1)).allMatch(batch -> batch.size() == 4);
        assertThat(epoch(source, 0)).isEqualTo(first);
        assertThat(epoch(source, 1)).isNotEqualTo(first);
        assertThat(passes).hasValue(3);
    }

    @Test
    void aStreamIsComputedInPartsOfSimilarLength() {
        final Dataset<Text> stream = Dataset.streamed(Text.class, () -> Rows.examples(800, 64, 6).stream());
        final List<List<Encoded>> parts =
                parts(new StreamedRows<>(stream, new Rows(), order(16, true, true, 7)), 0).stream()
                        .flatMap(List::stream)
                        .toList();
        final long mixed = padding(epoch(new StreamedRows<>(stream, new Rows(), order(16, true, false, 7)), 0));
        assertThat(padding(parts)).isLessThan(mixed / 3);
    }

    @Test
    void aStreamWithoutShufflingKeepsItsOrderAndIsClosed() {
        final AtomicInteger closed = new AtomicInteger();
        final Dataset<Text> stream = Dataset.streamed(
                Text.class,
                () -> Stream.of(Rows.examples(300, 9, 6)).flatMap(List::stream).onClose(closed::incrementAndGet));
        final StreamedRows<Text> source = new StreamedRows<>(stream, new Rows(), order(4, false, false, 7));
        assertThat(flat(epoch(source, 0))).isEqualTo(new Rows().encode(Rows.examples(300, 9, 6)));
        assertThat(closed).hasValue(1);
    }

    @Test
    void anEmptyStreamHasNoBatches() {
        final Dataset<Text> nothing = Dataset.streamed(Text.class, Stream::empty);
        for (int epoch : Arrays.asList(0, 1)) {
            assertThat(epoch(new StreamedRows<>(nothing, new Rows(), order(4, true, true, 7)), epoch))
                    .isEmpty();
        }
    }

    @Test
    void aPassOverAStreamThatIsGivenUpClosesItAsOneThatEndsDoes() {
        final List<Example<Text>> examples = Rows.examples(2000, 9, 5);
        final AtomicInteger open = new AtomicInteger();
        final Dataset<Text> stream = Dataset.streamed(Text.class, () -> {
            open.incrementAndGet();
            return examples.stream().onClose(open::decrementAndGet);
        });
        final StreamedRows<Text> source = new StreamedRows<>(stream, new Rows(), order(4, true, true, 7));
        try (BatchSource.Batches batches = source.epoch(0)) {
            batches.next();
            assertThat(open).as("2000 rows are more than two windows").hasValue(1);
        }
        assertThat(open).hasValue(0);
        assertThat(epoch(source, 1)).hasSize(500);
        assertThat(open).hasValue(0);
    }
}
