package dev.finetune.metrics;

import dev.finetune.error.FinetuneException;
import dev.finetune.internal.Arguments;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/**
 * BLEU, by which translations are compared with those that people made (Papineni et al., "BLEU: a Method for Automatic Evaluation of
 * Machine Translation", 2002), as sacrebleu computes it: 100 times the geometric mean of the shares of runs of 1 to 4 words that are
 * in a reference, each as often as in the reference that has most of it, times e^(1 - r/c) where the texts are shorter, with c words,
 * than their references, with r; of several references the one counts whose length is nearest, the shorter of two. The counts are
 * those of all texts together. Constant memory. Not thread-safe.
 */
public final class BleuMetrics {
    private static final int ORDER = 4;

    /** What the logarithm of a precision of 0 is taken for. */
    private static final double LOG_OF_NONE = -9999999999.0;

    private final Bleu settings;
    private final long[] found = new long[ORDER];
    private final long[] all = new long[ORDER];
    private long writtenLength;
    private long referenceLength;

    /**
     * Begins with no text.
     *
     * @param settings such as {@link Bleu#usual()}
     */
    public BleuMetrics(Bleu settings) {
        this.settings = Objects.requireNonNull(settings, "settings");
    }

    /**
     * Counts one text.
     *
     * @param written by a model
     * @param references what would be right; 1 at least
     * @throws FinetuneException if there is no reference
     */
    public void add(String written, List<String> references) {
        final List<List<String>> right = Arguments.copy(references, "references").stream()
                .map(this::words)
                .toList();
        if (right.isEmpty()) {
            throw new FinetuneException("BLEU compares a text with references, and there is none; give 1 at least.");
        }
        final List<String> words = words(written);
        for (int n = 1; n <= ORDER; n++) {
            final Map<List<String>, Integer> most = new HashMap<>();
            for (List<String> reference : right) {
                NGrams.of(reference, n).forEach((run, count) -> most.merge(run, count, Math::max));
            }
            found[n - 1] += NGrams.common(NGrams.of(words, n), most);
            all[n - 1] += NGrams.count(words.size(), n);
        }
        writtenLength += words.size();
        referenceLength += nearest(right, words.size());
    }

    private List<String> words(String text) {
        int end = text.length();
        while (end > 0 && WordSplit.isSpace(text.charAt(end - 1))) {
            end--;
        }
        final String line = text.substring(0, end);
        return settings.tokens().words(settings.lowerCase() ? line.toLowerCase(Locale.ROOT) : line);
    }

    private static int nearest(List<List<String>> references, int length) {
        int nearest = references.get(0).size();
        for (List<String> reference : references) {
            final int closer = Math.abs(nearest - length) - Math.abs(reference.size() - length);
            nearest = closer > 0 || closer == 0 && reference.size() < nearest ? reference.size() : nearest;
        }
        return nearest;
    }

    /**
     * {@return "bleu", "bleu_precision_1" to "bleu_precision_4", 0 to 100, and "brevity_penalty", 0 to 1, of what was counted so far}
     */
    public Metrics result() {
        final double[] precisions = new double[ORDER];
        final double shortness = writtenLength >= referenceLength
                ? 1
                : writtenLength == 0 ? 0 : Math.exp(1 - (double) referenceLength / writtenLength);
        final Map<String, Double> values = new LinkedHashMap<>();
        values.put("bleu", shortness * mean(precisions));
        for (int n = 0; n < ORDER; n++) {
            values.put("bleu_precision_" + (n + 1), precisions[n]);
        }
        values.put("brevity_penalty", shortness);
        return new Metrics(values);
    }

    /** The geometric mean of the smoothed precisions, which are put into the array. */
    private double mean(double[] precisions) {
        boolean any = false;
        for (long count : found) {
            any |= count > 0;
        }
        if (!any) {
            return 0;
        }
        int order = ORDER;
        double half = 1;
        for (int n = 0; n < ORDER; n++) {
            final double added = settings.smoothing() == Bleu.Smoothing.ADD_K && n > 0 ? settings.smoothingValue() : 0;
            final double of = all[n] + added;
            if (of == 0) {
                break;
            }
            order = settings.effectiveOrder() ? n + 1 : ORDER;
            final double right = found[n] + added;
            if (right > 0) {
                precisions[n] = 100 * right / of;
            } else if (settings.smoothing() == Bleu.Smoothing.EXP) {
                half *= 2;
                precisions[n] = 100 / (half * of);
            } else if (settings.smoothing() == Bleu.Smoothing.FLOOR) {
                precisions[n] = 100 * settings.smoothingValue() / of;
            }
        }
        double logs = 0;
        for (int n = 0; n < order; n++) {
            logs += precisions[n] == 0 ? LOG_OF_NONE : Math.log(precisions[n]);
        }
        return Math.exp(logs / order);
    }
}
