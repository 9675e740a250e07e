package dev.finetune.bert.text;

/**
 * A part of a context that may answer a question.
 *
 * @param text the words as they stand in the context
 * @param start where they start in the context, in UTF-16 units
 * @param end where they end (exclusive)
 * @param score the sum of the start's and the end's logit
 * @param probability the score's softmax among the answers that came back with it
 */
public record AnswerSpan(String text, int start, int end, double score, double probability) {}
