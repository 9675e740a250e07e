package dev.finetune.record;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

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
        final SortedMap<Integer, Long> counts = new TreeMap<>();
        for (int length : lengths) {
            counts.merge(length, 1L, Long::sum);
        }
        return of(counts, truncated);
    }

    /**
     * {@return what is to be said of some lengths}
     *
     * @param counts how many rows there are of each length that occurs, at least one
     * @param truncated how many inputs were cut
     */
    public static Lengths of(SortedMap<Integer, Long> counts, long truncated) {
        final int shortest = counts.firstKey();
        final int longest = counts.lastKey();
        final int width = (longest - shortest) / MOST_BINS + 1;
        final long[] ofBins = new long[(longest - shortest) / width + 1];
        long rows = 0;
        long sum = 0;
        for (Map.Entry<Integer, Long> each : counts.entrySet()) {
            ofBins[(each.getKey() - shortest) / width] += each.getValue();
            rows += each.getValue();
            sum += each.getKey() * each.getValue();
        }
        final List<Bin> bins = new ArrayList<>();
        for (int i = 0; i < ofBins.length; i++) {
            final int from = shortest + i * width;
            bins.add(new Bin(from, Math.min(longest, from + width - 1), ofBins[i]));
        }
        return new Lengths(shortest, median(counts, rows), longest, (double) sum / rows, truncated, bins);
    }

    private static int median(SortedMap<Integer, Long> counts, long rows) {
        long before = 0;
        for (Map.Entry<Integer, Long> each : counts.entrySet()) {
            before += each.getValue();
            if (before > (rows - 1) / 2) {
                return each.getKey();
            }
        }
        throw new IllegalArgumentException("There is no row.");
    }
}
