package dev.finetune.batch;

import java.util.List;
import java.util.Optional;

/**
 * One input as the row that an encoder makes of it, with its tokens and what becomes of the row without some of them: what it
 * takes to say which tokens moved a prediction.
 */
public interface TokenRow {
    /** {@return the row, without a target} */
    Encoded row();

    /** {@return the texts that the tokens' places are counted in: one, or two of a pair} */
    List<String> texts();

    /** {@return a token for each position of the row, in order} */
    List<Token> tokens();

    /**
     * {@return the row with the padding token in the place of each token that isn't {@linkplain Token#special() special}; all else
     * stays, its length, too}
     */
    Encoded padding();

    /**
     * {@return the row with the mask token in the place of one token; empty where the tokenizer has none}
     *
     * @param token its position
     */
    Optional<Encoded> masking(int token);

    /**
     * {@return the row without one token: it is shorter by one}
     *
     * @param token its position
     */
    Encoded removing(int token);

    /**
     * A token, and where it comes from.
     *
     * @param piece as the vocabulary writes it ({@code ##ing})
     * @param special whether it frames the texts, as {@code [CLS]} does, and stands for nothing in them
     * @param text which of the texts it belongs to, from 0; 0 for special ones
     * @param start where it starts in its text, in UTF-16 units; 0 for special ones
     * @param end where it ends (exclusive), likewise
     */
    record Token(String piece, boolean special, int text, int start, int end) {}
}
