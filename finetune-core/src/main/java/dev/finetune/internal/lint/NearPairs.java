package dev.finetune.internal.lint;

import dev.finetune.internal.Seeds;
import java.util.Arrays;
import java.util.List;

/**
 * Finds pairs of rows that are nearly the same: of a Jaccard similarity of {@value #THRESHOLD} at least, in each of their
 * texts.
 *
 * <p>Candidates come from MinHash (Broder, "On the resemblance and containment of documents", 1997): of {@value #BANDS}
 * times {@value #ROWS} hash functions each keeps the least value over a row's shingles, and two rows agree in one of them
 * with the probability s, their similarity. Rows that agree in all values of a band share a bucket (Leskovec, Rajaraman and
 * Ullman, "Mining of Massive Datasets", section 3.4), which happens in one band at least with the probability
 * {@code 1 - (1 - s^5)^25}: 99.9 % of pairs at s = 0.75, 99.99 % at 0.8, 2.4 % at 0.25, 0.025 % at 0.1. Every candidate is
 * then compared exactly, so that no pair is told that isn't one.
 *
 * <p>In a bucket a row is compared with the first {@value #NEIGHBOURS} and the {@value #NEIGHBOURS} before it, so that time
 * grows with the number of rows, also where thousands are alike: each of these is told with some others, not with all.
 */
public final class NearPairs {
    /** The least similarity. */
    public static final double THRESHOLD = 0.75;

    static final int BANDS = 25;
    static final int ROWS = 5;
    private static final int NEIGHBOURS = 8;
    private static final int HASHES = BANDS * ROWS;
    private static final int[] FACTORS = new int[HASHES];
    private static final int[] OFFSETS = new int[HASHES];

    static {
        for (int i = 0; i < HASHES; i++) {
            FACTORS[i] = (int) Seeds.of(1, i) | 1;
            OFFSETS[i] = (int) Seeds.of(2, i);
        }
    }

    private final List<int[][]> rows;
    private final Pairs pairs;
    /** Of each row the bucket in each band. */
    private final int[] buckets;
    /** Of each row the place in its bucket, of those bands that were looked through. */
    private final int[] places;

    private NearPairs(List<int[][]> rows, Pairs pairs) {
        this.rows = rows;
        this.pairs = pairs;
        this.buckets = new int[rows.size() * BANDS];
        this.places = new int[rows.size() * BANDS];
    }

    /** What takes the pairs. */
    public interface Pairs {
        /** Takes a pair, each once; rows are counted from 0. */
        void take(int earlier, int later, double similarity);
    }

    /** Finds pairs among rows of one or several sets of shingles each; a row without any is like none. */
    public static void find(List<int[][]> rows, Pairs pairs) {
        new NearPairs(rows, pairs).find();
    }

    /** The probability that a pair is found, by its similarity. */
    static double detection(double similarity) {
        return 1 - Math.pow(1 - Math.pow(similarity, ROWS), BANDS);
    }

    private void find() {
        for (int row = 0; row < rows.size(); row++) {
            sign(rows.get(row), row * BANDS);
        }
        final long[] sorted = new long[rows.size()];
        for (int band = 0; band < BANDS; band++) {
            int count = 0;
            for (int row = 0; row < rows.size(); row++) {
                if (isAny(rows.get(row))) {
                    sorted[count++] = (long) buckets[row * BANDS + band] << 32 | row;
                }
            }
            Arrays.sort(sorted, 0, count);
            int from = 0;
            for (int i = 1; i <= count; i++) {
                if (i == count || sorted[i] >> 32 != sorted[from] >> 32) {
                    compare(sorted, from, i, band);
                    from = i;
                }
            }
        }
    }

    private static boolean isAny(int[][] sets) {
        for (int[] set : sets) {
            if (set.length > 0) {
                return true;
            }
        }
        return false;
    }

    /** The bucket of each band. */
    private void sign(int[][] sets, int at) {
        final int[] least = new int[HASHES];
        Arrays.fill(least, Integer.MAX_VALUE);
        for (int text = 0; text < sets.length; text++) {
            for (int shingle : sets[text]) {
                final int salted = (shingle ^ text * 0x9E3779B9) * 0x85EBCA6B;
                final int mixed = salted ^ salted >>> 15;
                for (int i = 0; i < HASHES; i++) {
                    least[i] = Math.min(least[i], mixed * FACTORS[i] + OFFSETS[i]);
                }
            }
        }
        for (int band = 0; band < BANDS; band++) {
            long key = band;
            for (int i = 0; i < ROWS; i++) {
                key = Seeds.mix(key ^ least[band * ROWS + i]);
            }
            buckets[at + band] = (int) key;
        }
    }

    /** Compares the rows of one bucket. */
    private void compare(long[] members, int from, int to, int band) {
        for (int i = from; i < to; i++) {
            final int row = (int) members[i];
            places[row * BANDS + band] = i - from;
            for (int j = from; j < Math.min(i, from + NEIGHBOURS); j++) {
                compare((int) members[j], row, band);
            }
            for (int j = Math.max(from + NEIGHBOURS, i - NEIGHBOURS); j < i; j++) {
                compare((int) members[j], row, band);
            }
        }
    }

    /** Whether two rows were neighbours in the bucket of an earlier band. */
    private boolean wereCompared(int earlier, int later, int band) {
        for (int before = 0; before < band; before++) {
            final int one = earlier * BANDS + before;
            final int other = later * BANDS + before;
            if (buckets[one] == buckets[other]
                    && (places[one] < NEIGHBOURS || places[other] - places[one] <= NEIGHBOURS)) {
                return true;
            }
        }
        return false;
    }

    private void compare(int earlier, int later, int band) {
        if (wereCompared(earlier, later, band)) {
            return;
        }
        final int[][] one = rows.get(earlier);
        final int[][] other = rows.get(later);
        if (one.length != other.length) {
            return;
        }
        double least = 1;
        for (int text = 0; text < one.length && least >= THRESHOLD; text++) {
            least = Math.min(least, similarity(one[text], other[text]));
        }
        if (least >= THRESHOLD) {
            pairs.take(earlier, later, least);
        }
    }

    private static double similarity(int[] one, int[] other) {
        final int shorter = Math.min(one.length, other.length);
        final int longer = Math.max(one.length, other.length);
        if (longer == 0) {
            return 1;
        }
        return shorter < THRESHOLD * longer ? 0 : Shingles.jaccard(one, other);
    }
}
