package dev.finetune.data;

import dev.finetune.internal.Arguments;
import java.util.List;

/**
 * A sentence already split into words, one tag each: the input of token classification.
 *
 * @param words the words, in order
 */
public record Words(List<String> words) {
    /** Keeps its own copy of the words. */
    public Words {
        words = Arguments.copy(words, "words");
    }

    /**
     * {@return a sentence of the given words}
     *
     * @param words one a token of the sentence, at least one
     */
    public static Words of(String... words) {
        return new Words(Arguments.copy("words", words));
    }
}
