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
}
