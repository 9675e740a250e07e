package dev.finetune.lm.generate;

import java.util.Arrays;

/**
 * Tokens to text, one token at a time: what comes out is settled, whole characters only, and the pieces together are the text.
 *
 * <p>Tokens are decoded together with the last one before them that is text by itself, so that a tokenizer which drops the space at
 * the beginning of a text drops it there alone. Where a token ends within a character, what isn't settled stays back until the next
 * ones complete it, or the text ends; and a run of tokens that are bytes, which a tokenizer may spell as U+FFFD throughout as soon
 * as one of them is wrong, until it is over. Not thread-safe.
 */
final class Detokenizer {
    private static final char UNKNOWN = '\uFFFD';

    /** A character has 4 bytes at most: so many of them may wait for the last. */
    private static final int MOST_OPEN = 3;

    private final IdsToText tokenizer;
    private final CleanPieces pieces;

    /** The tokens that are decoded together, of which so many are settled, and what of their text came out. */
    private int[] window = {};

    private int settled;
    private String shown = "";

    Detokenizer(IdsToText tokenizer) {
        this.tokenizer = tokenizer;
        this.pieces = new CleanPieces(tokenizer);
    }

    /** The whole text of some tokens. */
    static String text(IdsToText tokenizer, int[] ids) {
        final Detokenizer detokenizer = new Detokenizer(tokenizer);
        final StringBuilder text = new StringBuilder();
        for (int id : ids) {
            text.append(detokenizer.add(id));
        }
        return text.append(detokenizer.end()).toString();
    }

    /** Takes the next token, and gives what it settles; often a word, maybe nothing. */
    String add(int id) {
        return pieces.add(settledBy(id));
    }

    private String settledBy(int id) {
        window = Arrays.copyOf(window, window.length + 1);
        window[window.length - 1] = id;
        if (tokenizer.isByte(id)) {
            return "";
        }
        final String all = decoded();
        int whole = all.length();
        while (whole > 0 && all.charAt(whole - 1) == UNKNOWN && all.length() - whole < MOST_OPEN) {
            whole--;
        }
        if (whole <= shown.length()) {
            return "";
        }
        final String piece = all.substring(shown.length(), whole);
        shown = all.substring(0, whole);
        if (whole == all.length()) {
            settle(id);
        }
        return piece;
    }

    /** The text of the window, which begins with what was shown of it. */
    private String decoded() {
        final String all = tokenizer.decode(window);
        if (all.startsWith(shown)) {
            return all;
        }
        // The new tokens changed what the earlier ones are.
        window = Arrays.copyOfRange(window, settled, window.length);
        settled = 0;
        shown = "";
        return tokenizer.decode(window);
    }

    /** All of the window came out: the next one begins with its last token, if that is text by itself. */
    private void settle(int last) {
        settled = window.length;
        final int[] alone = {last};
        final String text = tokenizer.decode(alone);
        if (!text.isEmpty() && text.indexOf(UNKNOWN) < 0) {
            window = alone;
            settled = 1;
            shown = text;
        }
    }

    /** Gives what stayed back, at the end of the text. */
    String end() {
        return pieces.end(window.length == settled ? "" : decoded().substring(shown.length()));
    }
}
