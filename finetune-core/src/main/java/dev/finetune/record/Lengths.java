package dev.finetune.record;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * How long rows are once they are encoded, in what batches are padded to: tokens, for texts.
 *
 * @param shortest of all
 * @param median the length that half of the rows don't exceed
 * @param longest of all
 * @param mean of all
 * @param truncated how many inputs were cut
 * @param bins how many rows there are of so many tokens, in order, without gaps
 */
public record Lengths(int shortest, int median, int longest, double mean, long truncated, List<Bin> bins) {
    private static final int MOST_BINS = 24;

    /** Keeps its own copy of the bins. */
    public Lengths {
        bins = List.copyOf(bins);
    }

    /**
     * The rows of some lengths.
     *
     * @param from the shortest of them
     * @param to the longest of them
     * @param count how many there are
     */
    public record Bin(int from, int to, long count) {}

    /**
     * {@return what is to be said of some lengths}
     *
     * @param lengths one a row, at least one
     * @param truncated how many inputs were cut
     */
    public static Lengths of(int[] lengths, long truncated) {
        final int[] sorted = lengths.clone();
        Arrays.sort(sorted);
        final int shortest = sorted[0];
        final int longest = sorted[sorted.length - 1];
        final int width = (longest - shortest) / MOST_BINS + 1;
        final long[] counts = new long[(longest - shortest) / width + 1];
        for (int length : sorted) {
            counts[(length - shortest) / width]++;
        }
        final List<Bin> bins = new ArrayList<>();
        for (int i = 0; i < counts.length; i++) {
            final int from = shortest + i * width;
            bins.add(new Bin(from, Math.min(longest, from + width - 1), counts[i]));
        }
        return new Lengths(
                shortest,
                sorted[(sorted.length - 1) / 2],
                longest,
                Arrays.stream(sorted).average().orElseThrow(),
                truncated,
                bins);
    }
}
