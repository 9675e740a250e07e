package dev.finetune.metrics;

import java.util.ArrayList;
import java.util.List;

/** Splits texts at white space, as Python's str.split does. */
final class WordSplit {
    private WordSplit() {}

    /** Python's str.isspace. */
    static boolean isSpace(int character) {
        return Character.isWhitespace(character) || Character.isSpaceChar(character) || character == 0x85;
    }

    /** The runs of characters between white space; none of them empty. */
    static List<String> words(String text) {
        final List<String> words = new ArrayList<>();
        int start = 0;
        for (int at = 0; at <= text.length(); at++) {
            if (at == text.length() || isSpace(text.charAt(at))) {
                if (at > start) {
                    words.add(text.substring(start, at));
                }
                start = at + 1;
            }
        }
        return words;
    }
}
