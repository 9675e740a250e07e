package dev.finetune.internal.lint;

import dev.finetune.internal.Seeds;
import java.text.Normalizer;
import java.util.Arrays;
import java.util.Locale;

/**
 * The set of a text's shingles, its substrings of {@value #LENGTH} UTF-16 units, by hashes of 32 bits (Broder, "On the
 * resemblance and containment of documents", 1997). Capitals, punctuation, symbols, white space and compatibility forms
 * (NFKC) don't count: every run of what is neither letter, mark nor digit is one space. A text without any of these is taken
 * as it is; one that is shorter than a shingle is one shingle.
 */
public final class Shingles {
    /** How long a shingle is. */
    static final int LENGTH = 4;

    private Shingles() {}

    /** The hashes, ascending, each once; none of a text that is blank. */
    public static int[] of(String text) {
        final String plain = normalized(text);
        final String all = plain.isEmpty() ? text.strip() : plain;
        if (all.isEmpty()) {
            return new int[0];
        }
        final int count = Math.max(1, all.length() - LENGTH + 1);
        final int[] hashes = new int[count];
        for (int i = 0; i < count; i++) {
            long units = 0;
            for (int j = i; j < Math.min(all.length(), i + LENGTH); j++) {
                units = units << 16 | all.charAt(j);
            }
            hashes[i] = (int) (Seeds.mix(units + 1) >>> 32);
        }
        Arrays.sort(hashes);
        return distinct(hashes);
    }

    private static int[] distinct(int[] sorted) {
        int kept = 1;
        for (int i = 1; i < sorted.length; i++) {
            if (sorted[i] != sorted[i - 1]) {
                sorted[kept++] = sorted[i];
            }
        }
        return kept == sorted.length ? sorted : Arrays.copyOf(sorted, kept);
    }

    private static String normalized(String text) {
        final String folded = isAscii(text) ? text : Normalizer.normalize(text, Normalizer.Form.NFKC);
        final StringBuilder plain = new StringBuilder(folded.length());
        boolean isApart = false;
        for (int at = 0; at < folded.length(); ) {
            final int point = folded.codePointAt(at);
            at += Character.charCount(point);
            if (isCounted(point)) {
                if (isApart && !plain.isEmpty()) {
                    plain.append(' ');
                }
                isApart = false;
                plain.appendCodePoint(point);
            } else {
                isApart = true;
            }
        }
        return plain.toString().toLowerCase(Locale.ROOT);
    }

    private static boolean isCounted(int point) {
        if (Character.isLetterOrDigit(point)) {
            return true;
        }
        final int type = Character.getType(point);
        return type == Character.NON_SPACING_MARK
                || type == Character.COMBINING_SPACING_MARK
                || type == Character.ENCLOSING_MARK;
    }

    private static boolean isAscii(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) >= 0x80) {
                return false;
            }
        }
        return true;
    }

    /** The Jaccard similarity of two sets, shared over all: 0 to 1; 0 if either is empty. */
    static double jaccard(int[] one, int[] other) {
        int i = 0;
        int j = 0;
        int shared = 0;
        while (i < one.length && j < other.length) {
            if (one[i] == other[j]) {
                shared++;
                i++;
                j++;
            } else if (one[i] < other[j]) {
                i++;
            } else {
                j++;
            }
        }
        return shared == 0 ? 0 : (double) shared / (one.length + other.length - shared);
    }
}
