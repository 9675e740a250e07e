package dev.finetune.metrics;

import java.util.List;
import java.util.regex.Pattern;

/** How BLEU cuts a text into words: sacrebleu's tokenizers of these names. */
public enum BleuTokens {
    /** As NIST's mteval-v13a: ASCII punctuation by itself, full stops and commas within numbers left, a dash after a digit not. */
    V13A {
        @Override
        String spaced(String text) {
            String line = text.replace("<skipped>", "").replace("-\n", "").replace("\n", " ");
            if (line.contains("&")) {
                line = line.replace("&quot;", "\"")
                        .replace("&amp;", "&")
                        .replace("&lt;", "<")
                        .replace("&gt;", ">");
            }
            line = PUNCTUATION.matcher(" " + line + " ").replaceAll(" $1 ");
            line = NO_DIGIT_BEFORE.matcher(line).replaceAll("$1 $2 ");
            line = NO_DIGIT_AFTER.matcher(line).replaceAll(" $1 $2");
            return DASH.matcher(line).replaceAll("$1 $2 ");
        }
    },

    /** As NIST's mteval-v14 with its international flag: punctuation of all scripts by itself, but within numbers; all symbols. */
    INTL {
        @Override
        String spaced(String text) {
            String line = ANY_PUNCTUATION_AFTER.matcher(text).replaceAll("$1 $2 ");
            line = ANY_PUNCTUATION_BEFORE.matcher(line).replaceAll(" $1 $2");
            return SYMBOL.matcher(line).replaceAll(" $1 ");
        }
    },

    /** Each character is a word. */
    CHAR {
        @Override
        String spaced(String text) {
            final StringBuilder line = new StringBuilder();
            text.codePoints().forEach(each -> line.appendCodePoint(each).append(' '));
            return line.toString();
        }
    },

    /** What white space separates. */
    NONE {
        @Override
        String spaced(String text) {
            return text;
        }
    };

    private static final Pattern PUNCTUATION = Pattern.compile("([{-~\\[-` -&(-+:-@/])");
    private static final Pattern NO_DIGIT_BEFORE = Pattern.compile("([^0-9])([.,])");
    private static final Pattern NO_DIGIT_AFTER = Pattern.compile("([.,])([^0-9])");
    private static final Pattern DASH = Pattern.compile("([0-9])(-)");
    private static final Pattern ANY_PUNCTUATION_AFTER = Pattern.compile("(\\P{N})(\\p{P})");
    private static final Pattern ANY_PUNCTUATION_BEFORE = Pattern.compile("(\\p{P})(\\P{N})");
    private static final Pattern SYMBOL = Pattern.compile("(\\p{S})");

    /** The text with white space between words. */
    abstract String spaced(String text);

    /** The words of a text without white space at its end. */
    List<String> words(String text) {
        return WordSplit.words(spaced(text));
    }
}
