package dev.finetune.data;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A text, or a pair of texts, to classify, score or embed.
 *
 * @param text the (first) text
 * @param pair the second text of a pair, or null where there is none
 */
public record Text(String text, @Nullable String pair) {
    /** Checks that there is a text. */
    public Text {
        Objects.requireNonNull(text, "text");
    }

    /**
     * {@return a single text}
     *
     * @param text may be empty
     */
    public static Text of(String text) {
        Objects.requireNonNull(text, "text");
        return new Text(text, null);
    }

    /**
     * {@return a pair of texts, such as premise and hypothesis}
     *
     * @param first the premise, say
     * @param second the hypothesis, say
     */
    public static Text pair(String first, String second) {
        Objects.requireNonNull(first, "first");
        return new Text(first, Objects.requireNonNull(second, "second"));
    }
}
