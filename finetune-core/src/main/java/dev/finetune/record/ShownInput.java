package dev.finetune.record;

import java.util.Optional;

/**
 * An input as a person sees it.
 *
 * @param text its text, or what it is called; cut where it is long
 * @param pair the second text of a pair, or the passage that a question is about; cut where it is long
 * @param picture a small picture of it, the bytes of a JPEG file in Base64
 */
public record ShownInput(String text, Optional<String> pair, Optional<String> picture) {
    /** How many characters of a text are shown. */
    public static final int MOST_CHARACTERS = 400;

    private static final char REPLACEMENT = '\uFFFD';

    /**
     * {@return a text as it is shown: at most {@link #MOST_CHARACTERS} of it, its line breaks and tabs as spaces, and other
     * control characters and halves of characters as U+FFFD}
     *
     * @param text any
     */
    public static String shown(String text) {
        final StringBuilder shown = new StringBuilder();
        int at = 0;
        while (at < text.length()) {
            if (shown.length() >= MOST_CHARACTERS) {
                return shown.append(" ...").toString();
            }
            final int character = text.codePointAt(at);
            at += Character.charCount(character);
            if (character == '\n' || character == '\r' || character == '\t') {
                shown.append(' ');
            } else {
                shown.appendCodePoint(isShowable(character) ? character : REPLACEMENT);
            }
        }
        return shown.toString();
    }

    private static boolean isShowable(int character) {
        final boolean isHalf = character >= Character.MIN_SURROGATE && character <= Character.MAX_SURROGATE;
        return !isHalf && !Character.isISOControl(character) && (character & 0xFFFE) != 0xFFFE;
    }
}
