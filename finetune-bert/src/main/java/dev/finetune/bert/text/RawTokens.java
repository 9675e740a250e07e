package dev.finetune.bert.text;

/**
 * The tokens of one text before special tokens and truncation.
 *
 * @param ids token ids
 * @param words the word that each token belongs to, counted from 0; empty where it was not asked for
 * @param starts where each token starts in the text, in UTF-16 units; empty where it was not asked for
 * @param ends where each token ends (exclusive), likewise
 */
record RawTokens(int[] ids, int[] words, int[] starts, int[] ends) {
    int length() {
        return ids.length;
    }

    /**
     * How many tokens a reader finds that stops at the end of the word in which it has found enough (as the tokenizers
     * library does since 0.23 when it will cut); all of them where words were not asked for.
     */
    int readFor(int enough) {
        int read = Math.min(enough, length());
        while (read > 0 && read < words.length && words[read] == words[read - 1]) {
            read++;
        }
        return words.length == 0 ? length() : read;
    }
}
