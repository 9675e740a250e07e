package dev.finetune.internal;

import java.util.Locale;

/** Texts of others, a model's or a file's, as a terminal shows them, in place of what it would obey. */
public final class Visible {
    private Visible() {}

    /**
     * {@return a text whose control characters, but for tabs and line feeds, and characters that turn the direction of writing are
     * written as escapes, such as \u005cu001B}
     *
     * @param text as it is
     */
    public static String of(String text) {
        if (text.chars().noneMatch(Visible::isObeyed)) {
            return text;
        }
        final StringBuilder shown = new StringBuilder(text.length() + 16);
        text.chars().forEach(unit -> {
            if (isObeyed(unit)) {
                shown.append(String.format(Locale.ROOT, "\\u%04X", unit));
            } else {
                shown.append((char) unit);
            }
        });
        return shown.toString();
    }

    private static boolean isObeyed(int unit) {
        return Character.isISOControl(unit) && unit != '\n' && unit != '\t'
                || unit >= 0x202A && unit <= 0x202E
                || unit >= 0x2066 && unit <= 0x2069;
    }
}
