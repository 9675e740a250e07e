package dev.finetune.bert.text;

import dev.finetune.data.Question;

/**
 * A part of a question's context that fitted into one row. Windows of one question follow each other and share their
 * arrays.
 *
 * @param question what was encoded
 * @param example the question's index in the list that was encoded
 * @param window which window of its question it is, from 0
 * @param windows how many windows the question has
 * @param position the row's position of the window's first context token
 * @param first that token's index among all tokens of the context
 * @param count how many context tokens the window holds
 * @param starts where each token of the whole context starts, in UTF-16 units of the context
 * @param ends where each ends (exclusive)
 */
public record QuestionWindow(
        Question question,
        int example,
        int window,
        int windows,
        int position,
        int first,
        int count,
        int[] starts,
        int[] ends) {
    /**
     * {@return whether a row's position holds a token of the context (and not of the question, or a special one)}
     *
     * @param rowPosition from 0, special tokens counted
     */
    public boolean holds(int rowPosition) {
        return rowPosition >= position && rowPosition < position + count;
    }

    /**
     * {@return where the token at a row's position starts in the context}
     *
     * @param rowPosition of a token of the context
     */
    public int start(int rowPosition) {
        return starts[first + rowPosition - position];
    }

    /**
     * {@return where the token at a row's position ends in the context (exclusive)}
     *
     * @param rowPosition of a token of the context
     */
    public int end(int rowPosition) {
        return ends[first + rowPosition - position];
    }
}
