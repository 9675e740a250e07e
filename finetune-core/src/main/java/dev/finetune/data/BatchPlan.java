package dev.finetune.data;

import dev.finetune.error.FinetuneException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The order in which rows are visited. Every row comes exactly once in each epoch; all batches are of
 * {@code batchSize} rows but the last, which may be smaller. Equal plans give equal batches for equal lengths and
 * epoch, whatever else the process does.
 *
 * <p>With {@code shuffle} and {@code groupByLength}, batches are drawn as without the latter, but the longest row comes in the
 * first one, so that memory runs out at once or not at all, and the rows of a batch come by length, the longest first: they may be
 * computed in {@linkplain PaddedBatches parts} of similar length. (Batches that are of similar length themselves, as with {@code
 * group_by_length} of Transformers, need less padding still, but learn worse where length and class go together.) With {@code
 * groupByLength} alone (evaluation), rows are sorted by length, the longest first, for
 * the least padding; the indices tell where each result belongs.
 *
 * @param batchSize rows a batch, at least 1
 * @param shuffle whether each epoch has an order of its own; without it, rows come in their own order
 * @param groupByLength whether rows of similar length are computed together
 * @param seed the seed of the shuffle
 */
public record BatchPlan(int batchSize, boolean shuffle, boolean groupByLength, long seed) {
    /** Checks the batch size. */
    public BatchPlan {
        if (batchSize < 1) {
            throw new FinetuneException("The batch size is " + batchSize + ", expected at least 1.");
        }
    }

    /**
     * The batches of an epoch, as indices into {@code lengths}.
     *
     * @param lengths the length of each row, in any unit that padding costs (tokens, for text)
     * @param epoch the epoch, counted from 0; it matters only with {@code shuffle}
     * @return row indices, a batch each; empty if there are no rows
     */
    public List<int[]> batches(int[] lengths, int epoch) {
        int[] rows = IntStream.range(0, lengths.length).toArray();
        if (!shuffle) {
            if (groupByLength) {
                longestFirst(rows, 0, rows.length, lengths);
            }
            return cut(rows);
        }
        SplitMix random = SplitMix.of(seed, epoch);
        random.shuffle(rows, 0, rows.length);
        if (!groupByLength) {
            return cut(rows);
        }
        moveLongestToFront(rows, lengths);
        for (long from = 0; from < rows.length; from += batchSize) {
            longestFirst(rows, (int) from, (int) Math.min(from + batchSize, rows.length), lengths);
        }
        return cut(rows);
    }

    /** Sorts a range of rows by length, descending; rows of equal length keep their order. */
    private static void longestFirst(int[] rows, int from, int to, int[] lengths) {
        int[] sorted = IntStream.range(from, to)
                .mapToObj(i -> rows[i])
                .sorted(Comparator.comparingInt((Integer row) -> lengths[row]).reversed())
                .mapToInt(Integer::intValue)
                .toArray();
        System.arraycopy(sorted, 0, rows, from, sorted.length);
    }

    private static void moveLongestToFront(int[] rows, int[] lengths) {
        int longest = 0;
        for (int i = 1; i < rows.length; i++) {
            if (lengths[rows[i]] > lengths[rows[longest]]) {
                longest = i;
            }
        }
        if (longest > 0) {
            int first = rows[0];
            rows[0] = rows[longest];
            rows[longest] = first;
        }
    }

    private List<int[]> cut(int[] rows) {
        List<int[]> batches = new ArrayList<>();
        for (int from = 0; from < rows.length; from += Math.min(batchSize, rows.length - from)) {
            batches.add(Arrays.copyOfRange(rows, from, from + Math.min(batchSize, rows.length - from)));
        }
        return batches;
    }
}
