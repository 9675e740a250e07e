package dev.finetune.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.finetune.batch.Encoded;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PartOfRowsTest {
    private static EncodedRows rows(int count, int longest, int batch, boolean training) {
        return new EncodedRows(
                Rows.of(count, longest, 5), new Rows(), new EncodedRows.Order(batch, training, training, true, 3));
    }

    private static List<List<Encoded>> batches(BatchSource source, int epoch) {
        final List<List<Encoded>> all = new ArrayList<>();
        try (BatchSource.Batches batches = source.epoch(epoch)) {
            while (batches.hasNext()) {
                final List<Encoded> rows = new ArrayList<>();
                batches.nextInParts().forEach(part -> rows.addAll(part.rows()));
                all.add(rows);
            }
        }
        return all;
    }

    private static double tokens(List<Encoded> rows) {
        return rows.stream().mapToInt(Encoded::length).sum();
    }

    @Test
    void aTenthOfTheBatchesHoldsATenthOfTheTokensWhateverTheOrder() {
        for (boolean training : List.of(true, false)) {
            final EncodedRows whole = rows(2000, 100, 8, training);
            final PartOfRows part = PartOfRows.spread(whole, 25);
            final List<List<Encoded>> some = batches(part, 0);
            final double share = batches(whole, 0).stream()
                            .mapToDouble(PartOfRowsTest::tokens)
                            .sum()
                    / some.stream().mapToDouble(PartOfRowsTest::tokens).sum();
            assertThat(some).hasSize(25);
            assertThat(share).isCloseTo(10, within(0.2));
            assertThat(part.timesAsMuch()).isCloseTo(share, within(1e-9));
        }
    }

    @Test
    void theFirstHalfOfItIsLikeTheWhole() {
        final List<List<Encoded>> some = batches(PartOfRows.spread(rows(2000, 100, 8, false), 32), 0);
        final double half =
                some.subList(0, 16).stream().mapToDouble(PartOfRowsTest::tokens).sum();
        assertThat(some.stream().mapToDouble(PartOfRowsTest::tokens).sum() / half)
                .isCloseTo(2, within(0.1));
    }

    @Test
    void everyEpochHasTheSameRows() {
        final PartOfRows part = PartOfRows.spread(rows(200, 10, 8, true), 6);
        assertThat(batches(part, 1)).isEqualTo(batches(part, 0));
    }

    @Test
    void ofFewBatchesItIsAllOfThem() {
        final EncodedRows whole = rows(20, 10, 8, true);
        final PartOfRows part = PartOfRows.spread(whole, 50);
        assertThat(batches(part, 0)).containsExactlyInAnyOrderElementsOf(batches(whole, 0));
        assertThat(part.timesAsMuch()).isEqualTo(1);
    }

    @Test
    void theLongestRowsMakeABatchSoManyTimes() {
        final EncodedRows whole = rows(300, 60, 8, true);
        final List<List<Encoded>> batches = batches(PartOfRows.longest(whole, 2), 0);
        assertThat(batches).hasSize(2);
        assertThat(batches.get(1)).isEqualTo(batches.get(0));
        final int shortest =
                batches.get(0).stream().mapToInt(Encoded::length).min().orElseThrow();
        assertThat(batches.get(0)).hasSize(8);
        assertThat(whole.rows().stream().filter(row -> row.length() > shortest)).hasSizeLessThan(8);
    }
}
