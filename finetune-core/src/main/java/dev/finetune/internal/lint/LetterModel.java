package dev.finetune.internal.lint;

import dev.finetune.internal.Seeds;
import java.text.Normalizer;
import java.util.List;
import java.util.Locale;

/**
 * How surprising the letters of a text are after those of all other texts: its mean negative log-likelihood per character
 * under a model of three letters, learned from all texts but this one. Each order is smoothed by the next lower one, P(c |
 * ab) = (n(abc) + k P(c | b)) / (n(ab) + k), k = {@value #PULL}, down to single characters (MacKay and Peto, "A hierarchical
 * Dirichlet language model", 1995). What is no letter is a space; counts are kept in a table of 2^{@value #BITS} places that
 * n-grams share by their hashes.
 */
final class LetterModel {
    private static final int BITS = 20;
    private static final double PULL = 8;
    private static final double ALPHABET = 200;

    /** From so many characters on, what a text is about moves its mean more than chance does. */
    private static final int LONG = 80;

    private final int[] counts = new int[1 << BITS];
    private int total;

    private LetterModel() {}

    /**
     * How many robust standard deviations each text's surprise lies above the median, a deviation shrinking with the root of
     * the number of characters, up to {@value #LONG}; 0 for texts of fewer letters than {@code least}.
     */
    static double[] surprises(List<String> texts, int least) {
        final LetterModel model = new LetterModel();
        final List<char[]> plain = texts.stream().map(LetterModel::letters).toList();
        plain.forEach(text -> model.add(text, 1));
        final double[] means = new double[plain.size()];
        for (int i = 0; i < means.length; i++) {
            final char[] text = plain.get(i);
            if (text.length < least + 2) {
                means[i] = Double.NaN;
                continue;
            }
            model.add(text, -1);
            means[i] = model.surprise(text);
            model.add(text, 1);
        }
        final double median = Outliers.of(means).median();
        final double[] scaled = new double[means.length];
        for (int i = 0; i < means.length; i++) {
            scaled[i] = (means[i] - median) * Math.sqrt(Math.min(LONG, plain.get(i).length));
        }
        final Outliers outliers = Outliers.of(scaled);
        for (int i = 0; i < scaled.length; i++) {
            scaled[i] = outliers.score(scaled[i]);
        }
        return scaled;
    }

    /** Letters in lower case, one space between words and at both ends. */
    private static char[] letters(String text) {
        final String lower = Normalizer.normalize(text, Normalizer.Form.NFC).toLowerCase(Locale.ROOT);
        final StringBuilder plain = new StringBuilder(" ");
        for (int i = 0; i < lower.length(); i++) {
            final char unit = lower.charAt(i);
            if (Character.isLetter(unit) || Character.isSurrogate(unit)) {
                plain.append(unit);
            } else if (plain.charAt(plain.length() - 1) != ' ') {
                plain.append(' ');
            }
        }
        if (plain.charAt(plain.length() - 1) != ' ') {
            plain.append(' ');
        }
        return plain.toString().toCharArray();
    }

    private static int place(long ngram, int order) {
        return (int) (Seeds.mix(ngram << 2 | order) >>> 64 - BITS);
    }

    private void add(char[] text, int times) {
        for (int i = 1; i < text.length; i++) {
            counts[place(text[i], 1)] += times;
            counts[place((long) text[i - 1] << 16 | text[i], 2)] += times;
            if (i > 1) {
                counts[place((long) text[i - 2] << 32 | (long) text[i - 1] << 16 | text[i], 3)] += times;
            }
        }
        total += times * (text.length - 1);
    }

    private double surprise(char[] text) {
        double sum = 0;
        for (int i = 2; i < text.length; i++) {
            final long pair = (long) text[i - 2] << 16 | text[i - 1];
            final double one = (counts[place(text[i], 1)] + 1) / (total + ALPHABET);
            final double two = (counts[place((pair & 0xFFFF) << 16 | text[i], 2)] + PULL * one)
                    / (counts[place(text[i - 1], 1)] + PULL);
            final double three =
                    (counts[place(pair << 16 | text[i], 3)] + PULL * two) / (counts[place(pair, 2)] + PULL);
            sum -= Math.log(three);
        }
        return sum / (text.length - 2);
    }
}
