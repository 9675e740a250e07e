package dev.finetune.internal;

import java.util.regex.Pattern;

/** Names of files without the folders of the machine that they lie on, for what is published. */
public final class Folders {
    /** The folders of an absolute path, on Unix and on Windows. */
    private static final Pattern ABSOLUTE = Pattern.compile(
            "(?<![\\w:/.\\\\])(?:/(?:[^\\s/:,;()\"']+/)+|[A-Za-z]:[\\\\/](?:[^\\s/\\\\:,;()\"']+[\\\\/])*)(?=[^\\s/])");

    private Folders() {}

    /** {@return the text, of each file that it names by an absolute path the name alone left} */
    public static String hidden(String text) {
        return ABSOLUTE.matcher(text).replaceAll("");
    }
}
