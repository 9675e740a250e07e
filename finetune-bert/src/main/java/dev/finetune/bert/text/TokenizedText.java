package dev.finetune.bert.text;

/**
 * A text, or a pair, as tokens with the special tokens in place. All arrays that were asked for have one entry a token;
 * the others are empty (see {@link Detail}).
 *
 * @param ids token ids
 * @param typeIds token types: which text of a pair a token belongs to, as the tokenizer numbers them
 * @param wordIds the word of its text that a token belongs to, counted from 0; -1 for special tokens
 * @param starts where a token starts in its text, in UTF-16 units (as {@link String#substring(int)} counts); 0 for
 *     special tokens
 * @param ends where a token ends (exclusive), likewise
 * @param secondStart the position of the first token of the second text, or -1 for a single text
 * @param truncated whether tokens were cut away to fit the maximum length
 */
public record TokenizedText(
        int[] ids, int[] typeIds, int[] wordIds, int[] starts, int[] ends, int secondStart, boolean truncated) {
    /** {@return how many tokens, special tokens included} */
    public int length() {
        return ids.length;
    }
}
