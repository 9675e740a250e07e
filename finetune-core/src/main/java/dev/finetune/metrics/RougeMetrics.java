package dev.finetune.metrics;

import dev.finetune.error.FinetuneException;
import dev.finetune.internal.Arguments;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * ROUGE, by which summaries are compared with those that people wrote: the harmonic mean F = 2PR / (P + R) of precision and recall
 * of the words (ROUGE-1), of the pairs of words (ROUGE-2), each as often as it occurs in both, and of the longest sequence of words
 * that both have in this order (ROUGE-L); the mean over the texts, each with the reference that suits it best (Lin, "ROUGE: A
 * Package for Automatic Evaluation of Summaries", 2004). Words are runs of a to z and digits of the text in lower case, without
 * stemming, as the package rouge_score has them. Constant memory. Not thread-safe.
 */
public final class RougeMetrics {
    private long texts;
    private double rouge1;
    private double rouge2;
    private double rougeL;

    /** Begins with no text. */
    public RougeMetrics() {}

    /**
     * Counts one text.
     *
     * @param written by a model
     * @param references what would be right; 1 at least
     * @throws FinetuneException if there is no reference
     */
    public void add(String written, List<String> references) {
        final List<String> words = words(written);
        final List<List<String>> all = Arguments.copy(references, "references").stream()
                .map(RougeMetrics::words)
                .toList();
        if (all.isEmpty()) {
            throw new FinetuneException("ROUGE compares a text with references, and there is none; give 1 at least.");
        }
        texts++;
        rouge1 += best(all, reference -> f(words, reference, 1));
        rouge2 += best(all, reference -> f(words, reference, 2));
        rougeL += best(all, reference -> f(longestCommon(words, reference), words.size(), reference.size()));
    }

    private static double best(List<List<String>> references, ToDoubleFunction<List<String>> score) {
        return references.stream().mapToDouble(score).max().orElseThrow();
    }

    private static List<String> words(String text) {
        return WordSplit.words(text.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", " "));
    }

    private static double f(List<String> written, List<String> reference, int length) {
        return f(
                NGrams.common(NGrams.of(written, length), NGrams.of(reference, length)),
                NGrams.count(written.size(), length),
                NGrams.count(reference.size(), length));
    }

    private static double f(int hits, int written, int expected) {
        final double precision = (double) hits / Math.max(1, written);
        final double recall = (double) hits / Math.max(1, expected);
        return hits == 0 ? 0 : 2 * precision * recall / (precision + recall);
    }

    /** How long the longest sequence is that both have, other words in between or not. */
    private static int longestCommon(List<String> first, List<String> second) {
        int[] row = new int[second.size() + 1];
        for (String word : first) {
            final int[] next = new int[row.length];
            for (int j = 1; j < row.length; j++) {
                next[j] = word.equals(second.get(j - 1)) ? row[j - 1] + 1 : Math.max(row[j], next[j - 1]);
            }
            row = next;
        }
        return Arrays.stream(row).max().orElse(0);
    }

    /** {@return "rouge1", "rouge2" and "rougeL" of what was counted so far, 0 to 1; NaN of nothing} */
    public Metrics result() {
        final Map<String, Double> values = new LinkedHashMap<>();
        values.put("rouge1", rouge1 / texts);
        values.put("rouge2", rouge2 / texts);
        values.put("rougeL", rougeL / texts);
        return new Metrics(values);
    }
}
