package dev.finetune.bert.text;

import dev.finetune.FinetuneException;

/**
 * How an answer is picked from a question's windows; the defaults are run_qa's.
 *
 * @param best how many of the best starts and of the best ends of each window are combined, and how many answers come
 *     back
 * @param maxAnswerLength the most tokens of an answer
 * @param unanswerable whether "no answer" competes with the spans (as in SQuAD 2.0)
 * @param noAnswerThreshold by how much the score of "no answer" must exceed that of the best span to win
 */
public record SpanSettings(int best, int maxAnswerLength, boolean unanswerable, double noAnswerThreshold) {
    /** Checks the numbers. */
    public SpanSettings {
        if (best < 1 || maxAnswerLength < 1) {
            throw new FinetuneException(
                    "best is " + best + " and maxAnswerLength " + maxAnswerLength + "; both must be at least 1.");
        }
    }

    /** The best 20, up to 30 tokens long, always an answer. */
    public static SpanSettings standard() {
        return new SpanSettings(20, 30, false, 0);
    }

    /** The same, where a question may have no answer. */
    public SpanSettings withUnanswerable() {
        return new SpanSettings(best, maxAnswerLength, true, noAnswerThreshold);
    }
}
