package dev.finetune.data;

import java.util.List;

/**
 * A sentence already split into words, one tag each: the input of token classification.
 *
 * @param words the words, in order
 */
public record Words(List<String> words) {
    /** Keeps its own copy of the words. */
    public Words {
        words = List.copyOf(words);
    }

    /** A sentence of the given words. */
    public static Words of(String... words) {
        return new Words(List.of(words));
    }
}
