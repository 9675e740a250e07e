package dev.finetune.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PaddedBatchesTest {
    private static int[] longestFirst(SplittableRandom random, int count) {
        final List<Integer> lengths = IntStream.range(0, count)
                .map(i -> random.nextInt(1, 90))
                .boxed()
                .sorted(Collections.reverseOrder())
                .collect(Collectors.toList());
        return lengths.stream().mapToInt(Integer::intValue).toArray();
    }

    private static long cost(int[] lengths, List<Integer> ends, int ownCost) {
        long sum = 0;
        int from = 0;
        for (int end : ends) {
            sum += (long) (end - from) * lengths[from] + ownCost;
            from = end;
        }
        return sum;
    }

    /** The least that any division costs, found by trying them all. */
    private static long least(int[] lengths, int most, int ownCost) {
        long least = Long.MAX_VALUE;
        for (int cuts = 0; cuts < 1 << (lengths.length - 1); cuts++) {
            final int mask = cuts;
            final List<Integer> ends = IntStream.rangeClosed(1, lengths.length)
                    .filter(end -> end == lengths.length || (mask >> (end - 1) & 1) == 1)
                    .boxed()
                    .toList();
            int from = 0;
            boolean allowed = true;
            for (int end : ends) {
                allowed &= end - from <= most;
                from = end;
            }
            if (allowed) {
                least = Math.min(least, cost(lengths, ends, ownCost));
            }
        }
        return least;
    }

    @Test
    void noDivisionCostsLess() {
        final SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < 100; i++) {
            final int[] lengths = longestFirst(random, random.nextInt(1, 12));
            final int most = random.nextInt(1, 8);
            final int ownCost = random.nextInt(64);
            final List<Integer> ends = PaddedBatches.ends(lengths, most, ownCost);
            assertThat(ends).last().isEqualTo(lengths.length);
            assertThat(cost(lengths, ends, ownCost)).isEqualTo(least(lengths, most, ownCost));
        }
    }

    @Test
    void rowsOfOneLengthAreDividedAsLittleAsMayBe() {
        final int[] lengths = new int[70];
        Arrays.fill(lengths, 128);
        assertThat(PaddedBatches.ends(lengths, 32, PaddedBatches.OWN_COST)).hasSize(3);
    }

    @Test
    void noRowsAreNoBatches() {
        assertThat(PaddedBatches.ends(new int[0], 32, PaddedBatches.OWN_COST)).isEmpty();
    }
}
