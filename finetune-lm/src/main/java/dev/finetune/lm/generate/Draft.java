package dev.finetune.lm.generate;

import java.util.Arrays;
import java.util.stream.IntStream;

/** A text while it is written: the tokens of the prompt and the new ones. Not thread-safe. */
final class Draft {
    private static final int ROOM = 32;

    private final int promptLength;
    private int[] ids;
    private int length;

    Draft(int[] prompt) {
        this(Arrays.copyOf(prompt, prompt.length + ROOM), prompt.length, prompt.length);
    }

    private Draft(int[] ids, int length, int promptLength) {
        this.ids = ids;
        this.length = length;
        this.promptLength = promptLength;
    }

    void add(int id) {
        if (length == ids.length) {
            ids = Arrays.copyOf(ids, 2 * length);
        }
        ids[length++] = id;
    }

    /** This and one more token; leaves this as it is. */
    Draft with(int id) {
        final Draft longer = new Draft(Arrays.copyOf(ids, Math.max(ids.length, length + 1)), length, promptLength);
        longer.add(id);
        return longer;
    }

    int length() {
        return length;
    }

    int get(int place) {
        return ids[place];
    }

    int last() {
        return ids[length - 1];
    }

    int newTokens() {
        return length - promptLength;
    }

    int promptLength() {
        return promptLength;
    }

    IntStream stream() {
        return Arrays.stream(ids, 0, length);
    }

    /** The new tokens. */
    int[] written() {
        return Arrays.copyOfRange(ids, promptLength, length);
    }

    /** The last of the new tokens, so many at most, after the token before them. */
    int[] lastWritten(int most) {
        return Arrays.copyOfRange(ids, Math.max(promptLength, length - most) - 1, length);
    }
}
