package dev.finetune.data;

import java.util.Objects;

/**
 * A question and the passage that holds its answer: the input of extractive question answering.
 *
 * @param question the question
 * @param context the passage to look in
 */
public record Question(String question, String context) {
    /** Checks that both are there. */
    public Question {
        Objects.requireNonNull(question, "question");
        Objects.requireNonNull(context, "context");
    }
}
