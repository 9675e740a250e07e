package dev.finetune.lm.template;

import java.util.PrimitiveIterator;

/** Characters as Python sees them: code points, and its own notion of white space. */
final class Characters {
    /** Python's white space, for the inside of a character class. */
    static final String SPACES =
            "\\u0009-\\u000d\\u001c-\\u0020\\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f"
                    + "\\u205f\\u3000";

    private Characters() {}

    static boolean isSpace(int c) {
        return (c >= 9 && c <= 13)
                || (c >= 0x1c && c <= 0x20)
                || c == 0x85
                || c == 0xa0
                || c == 0x1680
                || (c >= 0x2000 && c <= 0x200a)
                || c == 0x2028
                || c == 0x2029
                || c == 0x202f
                || c == 0x205f
                || c == 0x3000;
    }

    /** Whether there is white space and nothing else. */
    static boolean isSpace(String text) {
        return !text.isEmpty() && text.chars().allMatch(Characters::isSpace);
    }

    static int skipSpace(String text, int from) {
        int at = from;
        while (at < text.length() && isSpace(text.charAt(at))) {
            at++;
        }
        return at;
    }

    static String stripEnd(String text) {
        int end = text.length();
        while (end > 0 && isSpace(text.charAt(end - 1))) {
            end--;
        }
        return text.substring(0, end);
    }

    static String stripStart(String text) {
        return text.substring(skipSpace(text, 0));
    }

    /** How many code points. */
    static int length(String text) {
        return text.codePointCount(0, text.length());
    }

    /** Whether a code point takes one unit each, so that places are the same in both. */
    static boolean isFlat(String text) {
        return length(text) == text.length();
    }

    /** A part by places of code points. */
    static String part(String text, int from, int to) {
        if (isFlat(text)) {
            return text.substring(from, to);
        }
        int start = text.offsetByCodePoints(0, from);
        return text.substring(start, text.offsetByCodePoints(start, to - from));
    }

    static boolean isCased(int c) {
        return Character.isUpperCase(c) || Character.isLowerCase(c) || Character.isTitleCase(c);
    }

    /** Each letter after another character than a letter in title case, all others in lower case. */
    static String title(String text) {
        StringBuilder result = new StringBuilder(text.length());
        boolean inside = false;
        for (PrimitiveIterator.OfInt all = text.codePoints().iterator(); all.hasNext(); ) {
            int c = all.nextInt();
            result.append(inside ? lower(c) : titleCase(c));
            inside = isCased(c);
        }
        return result.toString();
    }

    static String capitalize(String text) {
        if (text.isEmpty()) {
            return text;
        }
        int first = text.codePointAt(0);
        String lower = text.toLowerCase(java.util.Locale.ROOT);
        int skip = text.substring(0, Character.charCount(first))
                .toLowerCase(java.util.Locale.ROOT)
                .length();
        return titleCase(first) + lower.substring(skip);
    }

    private static String lower(int c) {
        if (c == 0x3a3) {
            throw TemplateProblem.lacking("title() of a capital sigma");
        }
        return Character.toString(c).toLowerCase(java.util.Locale.ROOT);
    }

    private static String titleCase(int c) {
        String upper = Character.toString(c).toUpperCase(java.util.Locale.ROOT);
        if (length(upper) > 1) {
            throw TemplateProblem.lacking("the title case of \"" + Character.toString(c) + "\"");
        }
        return Character.toString(Character.toTitleCase(c));
    }
}
