package dev.finetune.html.page;

/** Text for HTML that is XML, too. */
public final class Markup {
    private static final char REPLACEMENT = '\uFFFD';

    private Markup() {}

    /**
     * {@return the text with markup's characters escaped, for elements and for attributes in double quotes}
     *
     * @param text any
     */
    public static String escaped(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;")
                .replace("'", "&#39;");
    }

    /**
     * {@return the same with U+FFFD for what neither XML nor UTF-8 can hold: control characters, halves of characters}
     *
     * @param markup a whole page
     */
    public static String clean(String markup) {
        final StringBuilder clean = new StringBuilder(markup.length());
        for (int at = 0; at < markup.length(); ) {
            final int character = markup.codePointAt(at);
            at += Character.charCount(character);
            if (isAllowed(character)) {
                clean.appendCodePoint(character);
            } else {
                clean.append(REPLACEMENT);
            }
        }
        return clean.toString();
    }

    private static boolean isAllowed(int character) {
        return character == '\n'
                || character == '\t'
                || character == '\r'
                || character >= 0x20 && character < 0x7F
                || character > 0x9F && character < Character.MIN_SURROGATE
                || character > Character.MAX_SURROGATE && (character & 0xFFFE) != 0xFFFE;
    }
}
