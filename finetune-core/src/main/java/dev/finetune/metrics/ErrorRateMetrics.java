package dev.finetune.metrics;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * The word and the character error rate, by which transcripts are compared: how many substitutions, deletions and insertions make
 * the reference of what was written (Levenshtein, 1966), divided by the words, or characters, of the reference; sums of both over all
 * texts. Words are what white space separates, characters are Unicode's code points, spaces too; nothing is normalised. Constant
 * memory. Not thread-safe.
 */
public final class ErrorRateMetrics {
    private long words;
    private long wordEdits;
    private long characters;
    private long characterEdits;

    /** Begins with no text. */
    public ErrorRateMetrics() {}

    /**
     * Counts one text.
     *
     * @param written by a model
     * @param reference what would be right
     */
    public void add(String written, String reference) {
        Objects.requireNonNull(written, "written");
        final List<String> expected = WordSplit.words(Objects.requireNonNull(reference, "reference"));
        words += expected.size();
        wordEdits += edits(WordSplit.words(written), expected);
        final List<Integer> expectedCharacters = characters(reference);
        characters += expectedCharacters.size();
        characterEdits += edits(characters(written), expectedCharacters);
    }

    private static List<Integer> characters(String text) {
        return text.codePoints().boxed().toList();
    }

    /** The least number of substitutions, deletions and insertions. */
    private static <T> int edits(List<T> from, List<T> to) {
        int[] row = new int[to.size() + 1];
        for (int j = 0; j < row.length; j++) {
            row[j] = j;
        }
        for (int i = 1; i <= from.size(); i++) {
            final int[] next = new int[row.length];
            next[0] = i;
            for (int j = 1; j < row.length; j++) {
                final int replaced = row[j - 1] + (from.get(i - 1).equals(to.get(j - 1)) ? 0 : 1);
                next[j] = Math.min(replaced, 1 + Math.min(row[j], next[j - 1]));
            }
            row = next;
        }
        return row[to.size()];
    }

    /** {@return "wer" and "cer" of what was counted so far, 0 and above; NaN where the references are empty} */
    public Metrics result() {
        final Map<String, Double> values = new LinkedHashMap<>();
        values.put("wer", words == 0 ? Double.NaN : (double) wordEdits / words);
        values.put("cer", characters == 0 ? Double.NaN : (double) characterEdits / characters);
        return new Metrics(values);
    }
}
