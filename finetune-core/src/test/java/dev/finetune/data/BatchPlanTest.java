package dev.finetune.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class BatchPlanTest {
    private static int[] lengths(Random random, int rows) {
        return IntStream.generate(() -> 1 + (int) Math.abs(random.nextGaussian() * 40))
                .limit(rows)
                .toArray();
    }

    private static int[] flat(List<int[]> batches) {
        return batches.stream().flatMapToInt(IntStream::of).toArray();
    }

    private static int longest(int[] batch, int[] lengths) {
        return IntStream.of(batch).map(row -> lengths[row]).max().orElse(0);
    }

    @Test
    void everyRowComesOnceAndOnlyTheLastBatchIsSmaller() {
        Random random = new Random(1);
        for (int round = 0; round < 400; round++) {
            int[] lengths = lengths(random, random.nextInt(700));
            int size = 1 + random.nextInt(20);
            BatchPlan plan = new BatchPlan(size, random.nextBoolean(), random.nextBoolean(), random.nextLong());

            List<int[]> batches = plan.batches(lengths, random.nextInt(5));

            assertThat(flat(batches))
                    .containsExactlyInAnyOrder(
                            IntStream.range(0, lengths.length).toArray());
            assertThat(batches).hasSize((lengths.length + size - 1) / size);
            for (int i = 0; i < batches.size() - 1; i++) {
                assertThat(batches.get(i)).hasSize(size);
            }
        }
    }

    @Test
    void equalSeedsAndEpochsGiveEqualBatchesAndOthersDont() {
        int[] lengths = lengths(new Random(2), 300);
        for (boolean group : new boolean[] {true, false}) {
            BatchPlan plan = new BatchPlan(8, true, group, 42);

            assertThat(flat(plan.batches(lengths, 3))).isEqualTo(flat(plan.batches(lengths, 3)));
            assertThat(flat(plan.batches(lengths, 3))).isNotEqualTo(flat(plan.batches(lengths, 4)));
            assertThat(flat(plan.batches(lengths, 3)))
                    .isNotEqualTo(flat(new BatchPlan(8, true, group, 43).batches(lengths, 3)));
        }
    }

    @Test
    void withoutShuffleRowsComeInTheirOwnOrder() {
        assertThat(new BatchPlan(2, false, false, 0).batches(new int[] {5, 1, 9}, 0))
                .containsExactly(new int[] {0, 1}, new int[] {2});
    }

    @Test
    void evaluationByLengthStartsWithTheLongest() {
        assertThat(new BatchPlan(2, false, true, 0).batches(new int[] {5, 1, 9, 5, 7}, 3))
                .containsExactly(new int[] {2, 4}, new int[] {0, 3}, new int[] {1});
    }

    @Test
    void groupedByLengthTheRowsOfEachBatchComeTheLongestFirst() {
        int[] lengths = lengths(new Random(3), 5000);

        for (int[] batch : new BatchPlan(16, true, true, 1).batches(lengths, 0)) {
            int[] sorted =
                    IntStream.of(batch).map(row -> -lengths[row]).sorted().toArray();
            assertThat(IntStream.of(batch).map(row -> -lengths[row]).toArray()).isEqualTo(sorted);
        }
    }

    @Test
    void theLongestRowComesInTheFirstBatchAndTheOthersAreMixed() {
        Random random = new Random(4);
        for (int round = 0; round < 100; round++) {
            int[] lengths = lengths(random, 900 + random.nextInt(500));
            List<int[]> batches = new BatchPlan(8, true, true, random.nextLong()).batches(lengths, round);

            assertThat(longest(batches.get(0), lengths))
                    .isEqualTo(Arrays.stream(lengths).max().orElseThrow());
            int[] longest = batches.stream()
                    .mapToInt(batch -> longest(batch, lengths))
                    .limit(40)
                    .toArray();
            int[] sorted = longest.clone();
            Arrays.sort(sorted);
            int[] descending = IntStream.range(0, sorted.length)
                    .map(i -> sorted[sorted.length - 1 - i])
                    .toArray();
            assertThat(longest).isNotEqualTo(descending);
        }
    }

    @Test
    void everyOrderOfAFewRowsIsAsLikely() {
        int[] counts = new int[24];
        for (int epoch = 0; epoch < 24_000; epoch++) {
            int[] order = flat(new BatchPlan(1, true, false, 7).batches(new int[4], epoch));
            counts[rank(order)]++;
        }
        for (int count : counts) {
            assertThat(count).isBetween(850, 1150);
        }
    }

    private static int rank(int[] order) {
        int rank = 0;
        for (int i = 0; i < order.length; i++) {
            int at = i;
            rank = rank * (order.length - i)
                    + (int) IntStream.range(i + 1, order.length)
                            .filter(j -> order[j] < order[at])
                            .count();
        }
        return rank;
    }

    @Test
    void thereIsNoBatchWithoutRowsAndNoBatchSizeBelowOne() {
        assertThat(new BatchPlan(4, true, true, 0).batches(new int[0], 0)).isEmpty();
        assertThatThrownBy(() -> new BatchPlan(0, true, true, 0)).hasMessageContaining("batch size is 0");
    }
}
