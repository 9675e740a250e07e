package dev.finetune.generate;

import java.util.List;
import java.util.Objects;

/**
 * What a model wrote.
 *
 * @param text of the new tokens, without special ones; ends with what completed a stop string, as Transformers' does
 * @param ids of the new tokens, with the one that ended the text
 * @param end why it ended
 * @param score the sum of the log-probabilities of its tokens, after penalties and filters, to the rounding of float32, which may differ
 *     with the texts that are written beside it; of a beam search divided by the number
 *     of new tokens to the power of the length penalty: Transformers' {@code sequences_scores}
 * @param others the other texts of the same input, if {@link Generation#sequences(int)} asked for several; of a beam search the best
 *     first
 */
public record Generated(String text, List<Integer> ids, End end, double score, List<Generated> others) {
    /** Why a text ended. */
    public enum End {
        /** The model wrote a token that ends a text. */
        END_OF_TEXT,

        /** The text holds one of the strings that it was to stop at. */
        STOP_STRING,

        /** It has as many tokens as were allowed. */
        MAX_NEW_TOKENS,

        /** Someone asked to stop. */
        CANCELLED
    }

    /** Copies the lists. */
    public Generated {
        Objects.requireNonNull(text, "text");
        ids = List.copyOf(ids);
        Objects.requireNonNull(end, "end");
        others = List.copyOf(others);
    }
}
