package dev.finetune.lm.generate;

/** Turns tokens into text, without special ones: a tokenizer's decoding. */
@FunctionalInterface
public interface IdsToText {
    /**
     * Decodes tokens as one text; bytes that are no whole character become U+FFFD.
     *
     * @param ids of tokens, in order
     * @return the text
     */
    String decode(int[] ids);

    /**
     * Decodes tokens, special ones as they are written, too; by default without them.
     *
     * @param ids of tokens, in order
     * @return the text
     */
    default String decodeAll(int[] ids) {
        return decode(ids);
    }

    /**
     * {@return whether a token is a byte by itself, spelled together with the bytes beside it, so that the next may change what it
     * is; not by default}
     *
     * @param id of a token
     */
    default boolean isByte(int id) {
        return false;
    }

    /** {@return whether a whole text is cleaned up when it is decoded; not by default} */
    default boolean cleansUp() {
        return false;
    }

    /**
     * {@return a whole text with spaces before punctuation taken away, where that is so}
     *
     * @param text as it is decoded
     */
    default String cleaned(String text) {
        return text;
    }
}
