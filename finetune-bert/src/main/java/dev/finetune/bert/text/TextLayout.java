package dev.finetune.bert.text;

import dev.finetune.FinetuneException;

/**
 * How a family wants its rows.
 *
 * @param maxLength the most tokens of a row, special tokens included
 * @param tokenTypes whether the network reads {@code token_type_ids}
 * @param padId the id that fills the shorter rows of a batch (on the right)
 */
public record TextLayout(int maxLength, boolean tokenTypes, int padId) {
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
     * With the tokenizer's own padding token.
     *
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
