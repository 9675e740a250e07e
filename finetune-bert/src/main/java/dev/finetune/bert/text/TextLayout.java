package dev.finetune.bert.text;

import dev.finetune.data.Text;
import dev.finetune.error.FinetuneException;

/**
 * How a family wants its rows.
 *
 * @param maxLength the most tokens of a row, special tokens included
 * @param tokenTypes whether the network reads {@code token_type_ids}
 * @param padId the id that fills the shorter rows of a batch (on the right)
 * @param pairs whether the network can be told which text of a pair a token belongs to, or needn't be
 */
public record TextLayout(int maxLength, boolean tokenTypes, int padId, boolean pairs) {
    /** Checks the numbers. */
    public TextLayout {
        if (maxLength < 1) {
            throw new FinetuneException("The maximum length is " + maxLength + " tokens; it must be at least 1.");
        }
        if (padId < 0) {
            throw new FinetuneException("The padding token's id is " + padId + "; ids count from 0.");
        }
    }

    /**
     * For a network that reads pairs.
     *
     * @param maxLength in tokens, special tokens included
     * @param tokenTypes whether the network reads them
     * @param padId the id that rows are padded with
     */
    public TextLayout(int maxLength, boolean tokenTypes, int padId) {
        this(maxLength, tokenTypes, padId, true);
    }

    /**
     * Refuses pairs of texts where the network knows one segment only.
     *
     * @throws FinetuneException if it is one, and the network can't read it
     */
    void check(Text text) {
        if (!pairs && text.pair() != null) {
            throw new FinetuneException(
                    "The model knows one segment only (type_vocab_size in its config.json is 1), so it"
                            + " can't read pairs of texts: give single texts, or use a model that was trained on pairs.");
        }
    }

    /**
     * With the tokenizer's own padding token.
     *
     * @param tokenizer whose padding token is taken
     * @param maxLength in tokens, special tokens included
     * @param tokenTypes whether the network reads them
     * @return the layout
     * @throws FinetuneException if it has none
     */
    public static TextLayout of(Tokenizer tokenizer, int maxLength, boolean tokenTypes) {
        int pad = tokenizer
                .specialTokens()
                .pad()
                .orElseThrow(() -> new FinetuneException(
                        "The tokenizer has no padding token; name it (pad_token) in" + " tokenizer_config.json."));
        return new TextLayout(maxLength, tokenTypes, pad);
    }
}
