package dev.finetune.lm;

import dev.finetune.data.Label;
import dev.finetune.error.FinetuneException;
import java.util.Objects;

/**
 * Two ways to go on with a text, of which one is preferred. Each follows the text directly and ends with the end-of-text token.
 *
 * @param chosen the better one
 * @param rejected the worse one
 */
public record TextPreference(String chosen, String rejected) implements Label.Comparison {
    /**
     * Checks that they differ.
     *
     * @throws FinetuneException if both are the same
     */
    public TextPreference {
        Objects.requireNonNull(chosen, "chosen");
        Objects.requireNonNull(rejected, "rejected");
        if (chosen.equals(rejected)) {
            throw new FinetuneException("\"chosen\" and \"rejected\" are the same");
        }
    }
}
