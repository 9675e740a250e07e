package dev.finetune.metrics;

import dev.finetune.internal.Arguments;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Compares texts that a model wrote with what would be right, in all the usual ways: the share that is equal to a reference,
 * {@link RougeMetrics ROUGE}, {@link BleuMetrics BLEU}, and the {@link ErrorRateMetrics error rates} of words and characters, with
 * the first reference. Constant memory. Not thread-safe.
 */
public final class SequenceMetrics {
    private final RougeMetrics rouge = new RougeMetrics();
    private final BleuMetrics bleu;
    private final ErrorRateMetrics errors = new ErrorRateMetrics();
    private long texts;
    private long exact;

    /** Begins with no text, and sacrebleu's BLEU. */
    public SequenceMetrics() {
        this(Bleu.usual());
    }

    /**
     * Begins with no text.
     *
     * @param settings of BLEU
     */
    public SequenceMetrics(Bleu settings) {
        bleu = new BleuMetrics(settings);
    }

    /**
     * Counts one text.
     *
     * @param written by a model
     * @param references what would be right; 1 at least
     */
    public void add(String written, List<String> references) {
        Objects.requireNonNull(written, "written");
        final List<String> right = Arguments.copy(references, "references");
        bleu.add(written, right);
        rouge.add(written, right);
        errors.add(written, right.get(0));
        texts++;
        exact += right.contains(written) ? 1 : 0;
    }

    /** {@return "exact_match", "rouge1", "rouge2", "rougeL", 0 to 1, "bleu", 0 to 100, "wer" and "cer" of what was counted so far} */
    public Metrics result() {
        final Map<String, Double> values = new LinkedHashMap<>();
        values.put("exact_match", (double) exact / texts);
        final Metrics summaries = rouge.result();
        summaries.names().forEach(name -> values.put(name, summaries.get(name)));
        values.put("bleu", bleu.result().get("bleu"));
        final Metrics rates = errors.result();
        rates.names().forEach(name -> values.put(name, rates.get(name)));
        return new Metrics(values).withShare("exact_match", exact, texts, 1);
    }
}
