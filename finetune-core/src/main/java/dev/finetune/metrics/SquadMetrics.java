package dev.finetune.metrics;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * Scores answers as the SQuAD 1.1 evaluation does: lower-cased, without punctuation and articles, the best over the
 * accepted answers; in percent (Rajpurkar et al., 2016). Of a question without an answer the empty text is right, and nothing
 * else, as in SQuAD 2.0. Constant memory. Not thread-safe.
 */
public final class SquadMetrics {
    private static final String PUNCTUATION = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";
    private static final Set<String> ARTICLES = Set.of("a", "an", "the");

    private long questions;
    private long exact;
    private double f1;

    /**
     * Counts one question.
     *
     * @param prediction the text that was predicted
     * @param accepted the true answers, the best match of which counts; none, or alone such of which nothing is left without articles
     *     and punctuation, where there is no answer
     */
    public void add(String prediction, List<String> accepted) {
        questions++;
        final List<String> answers = accepted.stream()
                .filter(answer -> !normalised(answer).isEmpty())
                .toList();
        if (answers.isEmpty()) {
            final boolean none = normalised(prediction).isEmpty();
            exact += none ? 1 : 0;
            f1 += none ? 1 : 0;
            return;
        }
        exact += answers.stream().anyMatch(answer -> normalised(answer).equals(normalised(prediction))) ? 1 : 0;
        f1 += answers.stream()
                .mapToDouble(answer -> f1(prediction, answer))
                .max()
                .orElse(0);
    }

    /**
     * Puts in place of what it has counted what all processes have, each over its part of the same data.
     *
     * @param totals over the processes, all of which call this
     */
    public void total(Totals totals) {
        questions = totals.of(questions);
        exact = totals.of(exact);
        f1 = totals.of(f1);
    }

    /**
     * "exact_match" and "f1", 0 to 100.
     *
     * @return what was counted so far
     */
    public Metrics result() {
        final Map<String, Double> values = new LinkedHashMap<>();
        values.put("exact_match", questions == 0 ? 0 : 100.0 * exact / questions);
        values.put("f1", questions == 0 ? 0 : 100 * f1 / questions);
        return new Metrics(values).withShare("exact_match", exact, questions, 100);
    }

    /** The harmonic mean of precision and recall over words, each as often as it occurs. */
    private static double f1(String prediction, String answer) {
        final List<String> predicted = words(prediction);
        final List<String> expected = words(answer);
        final Map<String, Integer> left = new HashMap<>();
        expected.forEach(word -> left.merge(word, 1, Integer::sum));
        int same = 0;
        for (String word : predicted) {
            if (left.merge(word, -1, Integer::sum) >= 0) {
                same++;
            }
        }
        if (same == 0) {
            return 0;
        }
        final double precision = (double) same / predicted.size();
        final double recall = (double) same / expected.size();
        return 2 * precision * recall / (precision + recall);
    }

    private static List<String> words(String text) {
        final String plain = normalised(text);
        return plain.isEmpty() ? List.of() : List.of(plain.split(" "));
    }

    /**
     * Lower-cased, without ASCII punctuation, articles, and space but for one between words. What a letter, a digit and a
     * space is follows the evaluation's own language: a combining mark ends a word, a superscript doesn't.
     */
    static String normalised(String text) {
        final StringBuilder plain = new StringBuilder();
        final StringBuilder word = new StringBuilder();
        text.toLowerCase(Locale.ROOT)
                .codePoints()
                .filter(c -> PUNCTUATION.indexOf(c) < 0)
                .forEach(c -> {
                    if (belongsToWord(c)) {
                        word.appendCodePoint(c);
                    } else {
                        end(word, plain);
                        append(plain, c);
                    }
                });
        end(word, plain);
        return plain.toString().stripTrailing();
    }

    private static void end(StringBuilder word, StringBuilder plain) {
        if (ARTICLES.contains(word.toString())) {
            append(plain, ' ');
        } else {
            plain.append(word);
        }
        word.setLength(0);
    }

    private static void append(StringBuilder plain, int character) {
        if (!WordSplit.isSpace(character)) {
            plain.appendCodePoint(character);
        } else if (!plain.isEmpty() && plain.charAt(plain.length() - 1) != ' ') {
            plain.append(' ');
        }
    }

    /** Python's str.isalnum: letters and all kinds of numbers. */
    private static boolean belongsToWord(int character) {
        return switch (Character.getType(character)) {
            case Character.DECIMAL_DIGIT_NUMBER, Character.LETTER_NUMBER, Character.OTHER_NUMBER -> true;
            default -> Character.isLetter(character);
        };
    }
}
