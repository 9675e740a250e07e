package dev.finetune.data;

import java.util.Objects;

/**
 * An input and what is known of it.
 *
 * @param input what the model is shown
 * @param label what it should say
 * @param <I> the kind of input
 */
public record Example<I>(I input, Label label) {
    /** Checks that both are there. */
    public Example {
        Objects.requireNonNull(input, "input");
        Objects.requireNonNull(label, "label");
    }
}
