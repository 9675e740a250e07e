package dev.finetune.bert.text;

import dev.finetune.error.FinetuneException;

/**
 * How an answer is picked from a question's windows; the defaults are run_qa's.
 *
 * @param best how many of the best starts and of the best ends of each window are combined, and how many answers come
 *     back
 * @param maxAnswerLength the most tokens of an answer
 */
public record SpanSettings(int best, int maxAnswerLength) {
    /** Checks the numbers. */
    public SpanSettings {
        if (best < 1 || maxAnswerLength < 1) {
            throw new FinetuneException(
                    "best is " + best + " and maxAnswerLength " + maxAnswerLength + "; both must be at least 1.");
        }
    }

    /** {@return the best 20, up to 30 tokens long} */
    public static SpanSettings standard() {
        return new SpanSettings(20, 30);
    }
}
