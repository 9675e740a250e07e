package dev.finetune.bert.text;

import dev.finetune.error.FinetuneException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * From the logits of a question's windows to its best answers, as Transformers' run_qa does it
 * (postprocess_qa_predictions): in each window the best starts are combined with the best ends; a span counts if it
 * lies in the context, does not end before it starts, and is not too long; its score is start logit + end logit;
 * probabilities are the softmax over the best scores of all windows.
 */
public final class SpanDecoder {
    private static final Comparator<AnswerSpan> BEST_FIRST =
            Comparator.comparingDouble(AnswerSpan::score).reversed();

    private final SpanSettings settings;

    /**
     * Creates a decoder.
     *
     * @param settings how many answers are weighed, and how long they may be
     */
    public SpanDecoder(SpanSettings settings) {
        this.settings = settings;
    }

    /**
     * Decodes one question.
     *
     * @param windows all rows of the question, in any order
     * @param startLogits for each row a logit a position; positions past the row's length are not looked at
     * @param endLogits likewise
     * @return the best answers, best first; empty if no span is valid
     * @throws FinetuneException if the rows are not windows of a question, or logits are too few
     */
    public List<AnswerSpan> decode(List<EncodedText> windows, List<float[]> startLogits, List<float[]> endLogits) {
        if (windows.size() != startLogits.size() || windows.size() != endLogits.size()) {
            throw new FinetuneException("There are " + windows.size() + " windows, " + startLogits.size()
                    + " rows of start logits and " + endLogits.size() + " of end logits; give one of each a window.");
        }
        List<AnswerSpan> spans = new ArrayList<>();
        for (int i = 0; i < windows.size(); i++) {
            addSpans(windows.get(i), startLogits.get(i), endLogits.get(i), spans);
        }
        return withProbabilities(
                spans.stream().sorted(BEST_FIRST).limit(settings.best()).toList());
    }

    private void addSpans(EncodedText row, float[] startLogits, float[] endLogits, List<AnswerSpan> spans) {
        if (!(row.trace() instanceof EncodedText.Trace.Window trace)) {
            throw new FinetuneException("A row was not encoded from a question; answers can be found only in the rows"
                    + " of a QuestionEncoder.");
        }
        if (startLogits.length < row.length() || endLogits.length < row.length()) {
            throw new FinetuneException("A window of " + row.length() + " tokens has " + startLogits.length
                    + " start logits and " + endLogits.length + " end logits; it needs one a token.");
        }
        QuestionWindow window = trace.window();
        String context = window.question().context();
        int[] ends = largest(endLogits, row.length());
        for (int start : largest(startLogits, row.length())) {
            for (int end : ends) {
                if (end < start
                        || end - start + 1 > settings.maxAnswerLength()
                        || !window.holds(start)
                        || !window.holds(end)) {
                    continue;
                }
                int from = window.start(start);
                int to = Math.max(from, window.end(end));
                double score = (double) startLogits[start] + endLogits[end];
                spans.add(new AnswerSpan(context.substring(from, to), from, to, score, 0));
            }
        }
    }

    private int[] largest(float[] logits, int length) {
        return IntStream.range(0, length)
                .boxed()
                .sorted((a, b) -> Float.compare(logits[b], logits[a]))
                .limit(settings.best())
                .mapToInt(Integer::intValue)
                .toArray();
    }

    private static List<AnswerSpan> withProbabilities(List<AnswerSpan> spans) {
        double top = spans.stream().mapToDouble(AnswerSpan::score).max().orElse(0);
        double sum =
                spans.stream().mapToDouble(span -> Math.exp(span.score() - top)).sum();
        return spans.stream()
                .map(span -> new AnswerSpan(
                        span.text(), span.start(), span.end(), span.score(), Math.exp(span.score() - top) / sum))
                .toList();
    }
}
