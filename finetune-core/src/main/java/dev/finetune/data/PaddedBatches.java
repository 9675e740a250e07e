package dev.finetune.data;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Divides rows into batches, each padded to its longest row, so that what is computed takes the least time: padding is
 * computed, too, but so is each batch's own cost.
 */
public final class PaddedBatches {
    /**
     * What a batch costs on a CPU beside its tokens, in tokens: its weights are read once, whatever its size. On two cores
     * with AVX-512 BERT-base took 38 ms for one sentence, of 16 tokens on average, and 0.6 ms for a token, padding counted,
     * in batches of 32 (the command {@code bench predict}): 47 tokens then. This is less, for other machines.
     */
    public static final int OWN_COST = 32;

    /**
     * The same where padding isn't computed, but for little: it takes memory between a network's stages, and in heads that say
     * something of each token, so that a single long row had better not come with many short ones.
     */
    public static final int OWN_COST_WITHOUT_PADDING = 512;

    /**
     * What a part of a training batch costs on a CPU beside its tokens, in tokens: every weight's gradient is made, and added to
     * that of the other parts. Estimated from the bytes that move: some 16 tokens for BERT-base, 35 for a model of 22 million
     * parameters; more is said, since small products are slower.
     */
    public static final int OWN_COST_OF_A_PART = 64;

    private PaddedBatches() {}

    /**
     * Where to cut rows that are sorted by length, the longest first.
     *
     * @param lengths of the rows
     * @param most rows in a batch
     * @param ownCost of a batch, in the unit of the lengths
     * @return the end of each batch, exclusive, in order
     */
    public static List<Integer> ends(int[] lengths, int most, int ownCost) {
        final long[] cost = new long[lengths.length + 1];
        final int[] start = new int[lengths.length + 1];
        for (int end = 1; end <= lengths.length; end++) {
            cost[end] = Long.MAX_VALUE;
            for (int from = Math.max(0, end - most); from < end; from++) {
                final long all = cost[from] + (long) (end - from) * lengths[from] + ownCost;
                if (all < cost[end]) {
                    cost[end] = all;
                    start[end] = from;
                }
            }
        }
        final List<Integer> ends = new ArrayList<>();
        for (int end = lengths.length; end > 0; end = start[end]) {
            ends.add(end);
        }
        Collections.reverse(ends);
        return ends;
    }
}
