package dev.finetune.internal.lint;

import dev.finetune.internal.Seeds;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Texts as rows of numbers for a linear classifier: words, pairs of neighbouring words, and substrings of {@value #SHORTEST}
 * to {@value #LONGEST} characters of each word with its borders, in lower case, each at a place by its hash (Weinberger et
 * al., "Feature hashing for large scale multitask learning", 2009), weighing (1 + log n) log((1 + N) / (1 + d)) + 1) with n
 * occurrences in the text and d texts of N that have it (scikit-learn's TfidfVectorizer with sublinear_tf), rows scaled to
 * length 1. What only one text has is left out: no other text can tell anything of it.
 *
 * @param rows one a text; places are numbered as they come
 * @param width how many places there are
 */
record TextFeatures(List<SparseRow> rows, int width) {
    private static final int SHORTEST = 3;
    private static final int LONGEST = 5;
    private static final int MOST_WORDS = 1_000;
    private static final int LONGEST_WORD = 30;
    private static final Pattern TOKEN =
            Pattern.compile("[\\p{L}\\p{M}\\p{N}]++(?:['\u2019][\\p{L}\\p{M}]++)*+|[^\\s\\p{L}\\p{M}\\p{N}]");

    /**
     * The rows of some inputs of one or several texts each.
     *
     * @param most how many places there may be, a power of 2
     */
    static TextFeatures of(List<String[]> inputs, int most) {
        final List<int[]> found =
                inputs.stream().map(input -> places(input, most)).toList();
        final int[] texts = new int[most];
        for (int[] places : found) {
            for (int i = 0; i < places.length; i++) {
                texts[places[i]] += i == 0 || places[i] != places[i - 1] ? 1 : 0;
            }
        }
        final int[] numbers = new int[most];
        int width = 0;
        for (int place = 0; place < most; place++) {
            numbers[place] = width;
            width += texts[place] > 1 ? 1 : 0;
        }
        return new TextFeatures(
                found.stream()
                        .map(places -> row(places, texts, numbers, inputs.size()))
                        .toList(),
                Math.max(1, width));
    }

    /** The place of everything that a text has, ascending, as often as it has it. */
    private static int[] places(String[] input, int width) {
        int[] places = new int[64];
        int count = 0;
        for (int text = 0; text < input.length; text++) {
            final Matcher matcher = TOKEN.matcher(input[text].toLowerCase(Locale.ROOT));
            long before = -1;
            for (int words = 0; words < MOST_WORDS && matcher.find(); words++) {
                final String word = matcher.group();
                final long hash = Seeds.of(text, hash(word, 0, word.length()));
                final String bordered = " " + word.substring(0, Math.min(word.length(), LONGEST_WORD)) + " ";
                if (count + 2 + 3 * bordered.length() > places.length) {
                    places = Arrays.copyOf(places, 2 * places.length + 3 * bordered.length());
                }
                places[count++] = place(hash, width);
                places[count++] = place(Seeds.of(before, hash), width);
                before = hash;
                for (int length = SHORTEST; length <= LONGEST; length++) {
                    for (int at = 0; at + length <= bordered.length(); at++) {
                        places[count++] = place(Seeds.of(text + 8, hash(bordered, at, at + length)), width);
                    }
                }
            }
        }
        final int[] sorted = Arrays.copyOf(places, count);
        Arrays.sort(sorted);
        return sorted;
    }

    private static long hash(String text, int from, int to) {
        long hash = to - from;
        for (int i = from; i < to; i++) {
            hash = 31 * hash + text.charAt(i);
        }
        return Seeds.mix(hash);
    }

    private static int place(long hash, int width) {
        return (int) (hash >>> 32) & width - 1;
    }

    private static SparseRow row(int[] all, int[] texts, int[] numbers, int rows) {
        final int[] places = new int[all.length];
        final float[] values = new float[all.length];
        int count = 0;
        for (int from = 0; from < all.length; ) {
            int to = from;
            while (to < all.length && all[to] == all[from]) {
                to++;
            }
            if (texts[all[from]] > 1) {
                places[count] = numbers[all[from]];
                values[count++] =
                        (float) ((1 + Math.log(to - from)) * (Math.log((1.0 + rows) / (1.0 + texts[all[from]])) + 1));
            }
            from = to;
        }
        return new SparseRow(Arrays.copyOf(places, count), SparseRow.scaled(Arrays.copyOf(values, count)));
    }
}
