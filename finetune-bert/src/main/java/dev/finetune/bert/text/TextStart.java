package dev.finetune.bert.text;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Where a long text may be cut before it is tokenized, so that the tokens of its beginning are the first tokens of the
 * whole: before a space (or line break, tab) between visible characters of which the next is a letter or digit, and for
 * BERT's splitting between two ideographs or two punctuation marks, for byte-level splitting between an ideograph and a
 * punctuation mark, where words end for every step of the tokenizer.
 * Tokenizers with a step that is not known to end words there, and texts without such a place, are read whole.
 */
final class TextStart {
    /** Steps that look at one character, or at one letter with its accents, at a time. */
    private static final Set<String> LOCAL_NORMALIZERS = Set.of(
            "BertNormalizer", "NFC", "NFD", "NFKC", "NFKD", "Lowercase", "StripAccents", "Precompiled", "Strip", "Nmt");

    private static final Set<String> SPACE_SPLITTERS = Set.of("BertPreTokenizer", "Whitespace", "WhitespaceSplit");
    private static final Set<String> LOCAL_SPLITTERS = Set.of("Punctuation", "Digits");

    private final boolean atSpaces;
    private final boolean atLines;
    private final boolean atIdeographs;
    private final boolean atPunctuation;
    private final boolean afterSentences;

    private TextStart(
            boolean atSpaces, boolean atLines, boolean atIdeographs, boolean atPunctuation, boolean afterSentences) {
        this.atSpaces = atSpaces;
        this.atLines = atLines;
        this.atIdeographs = atIdeographs;
        this.atPunctuation = atPunctuation;
        this.afterSentences = afterSentences;
    }

    /** For a tokenizer, from the text of its tokenizer.json. */
    static TextStart of(JsonObject json) {
        boolean local = all(json.get("normalizer"), "normalizers", TextStart::isLocalNormalizer)
                && all(
                        json.get("pre_tokenizer"),
                        "pretokenizers",
                        step -> splitsAtSpaces(step) || isLocalSplitter(step))
                && !all(json.get("pre_tokenizer"), "pretokenizers", step -> !splitsAtSpaces(step))
                && noAddedTokenWithSpaces(json);
        boolean atLines = !all(json.get("pre_tokenizer"), "pretokenizers", step -> !splitsAtLines(step));
        return new TextStart(
                local,
                local && atLines,
                local && setsIdeographsApart(json),
                local && setsPunctuationApart(json),
                local && setsLettersApart(json));
    }

    private interface Check {
        boolean holds(JsonObject step);
    }

    /** Whether something holds for every step; also where there is none. */
    private static boolean all(JsonElement step, String inner, Check check) {
        if (!(step instanceof JsonObject object)) {
            return true;
        }
        if (!TokenizerDefinition.isA(object, "Sequence")) {
            return check.holds(object);
        }
        boolean holds = true;
        for (JsonElement each : object.get(inner) instanceof JsonArray steps ? steps : new JsonArray()) {
            holds &= all(each, inner, check);
        }
        return holds;
    }

    private static boolean isLocalNormalizer(JsonObject step) {
        return LOCAL_NORMALIZERS.contains(type(step));
    }

    private static boolean splitsAtSpaces(JsonObject step) {
        return switch (type(step)) {
            case "ByteLevel" -> isOn(step, "use_regex");
            case "Metaspace" -> isOn(step, "split");
            default -> SPACE_SPLITTERS.contains(type(step));
        };
    }

    private static boolean splitsAtLines(JsonObject step) {
        return splitsAtSpaces(step) && !type(step).equals("Metaspace");
    }

    private static boolean isLocalSplitter(JsonObject step) {
        return LOCAL_SPLITTERS.contains(type(step)) || type(step).equals("ByteLevel");
    }

    private static boolean isOn(JsonObject step, String flag) {
        return !(step.get(flag) instanceof JsonPrimitive value) || value.getAsBoolean();
    }

    private static String type(JsonObject step) {
        return step.get("type") instanceof JsonPrimitive name ? name.getAsString() : "";
    }

    // One that is found across the cut would be missed.
    private static boolean noAddedTokenWithSpaces(JsonObject json) {
        for (JsonElement token : json.get("added_tokens") instanceof JsonArray tokens ? tokens : new JsonArray()) {
            String content = token.getAsJsonObject().get("content").getAsString();
            if (content.chars().anyMatch(c -> Character.isWhitespace(c) || Character.isSpaceChar(c) || c == '\u2581')) {
                return false;
            }
        }
        return true;
    }

    private static boolean setsIdeographsApart(JsonObject json) {
        return json.get("normalizer") instanceof JsonObject normalizer
                && TokenizerDefinition.isA(normalizer, "BertNormalizer")
                && isOn(normalizer, "handle_chinese_chars")
                && TokenizerDefinition.isA(json.get("pre_tokenizer"), "BertPreTokenizer")
                && !(json.get("added_tokens") instanceof JsonArray tokens && hasIdeographs(tokens));
    }

    private static boolean setsPunctuationApart(JsonObject json) {
        boolean joined = json.get("added_tokens") instanceof JsonArray tokens
                && tokens.asList().stream()
                        .map(token -> token.getAsJsonObject().get("content").getAsString())
                        .anyMatch(TextStart::joinsPunctuation);
        return !joined && TokenizerDefinition.isA(json.get("pre_tokenizer"), "BertPreTokenizer");
    }

    private static boolean setsLettersApart(JsonObject json) {
        boolean bytes = !all(
                json.get("pre_tokenizer"),
                "pretokenizers",
                step -> !(type(step).equals("ByteLevel") && isOn(step, "use_regex")));
        return bytes && !(json.get("added_tokens") instanceof JsonArray tokens && hasIdeographs(tokens));
    }

    private static boolean joinsPunctuation(String content) {
        return IntStream.range(1, content.length())
                .anyMatch(i -> isPunctuation(content.charAt(i - 1)) && isPunctuation(content.charAt(i)));
    }

    private static boolean hasIdeographs(JsonArray tokens) {
        return tokens.asList().stream()
                .map(token -> token.getAsJsonObject().get("content").getAsString())
                .anyMatch(content -> content.chars().anyMatch(c -> isIdeograph((char) c)));
    }

    /**
     * The beginning of a text, of about so many UTF-16 units, that may be tokenized by itself: the text where there is no
     * place to cut it.
     */
    String of(String text, int units) {
        for (long window = units; atSpaces && window < 2L * text.length(); window *= 2) {
            int most = (int) Math.min(window, text.length() - 2);
            for (int at = most; at > Math.max(most / 2, 1); at--) {
                if (endsWord(text, at)) {
                    return text.substring(0, at);
                }
            }
        }
        return text;
    }

    private boolean endsWord(String text, int at) {
        char before = text.charAt(at - 1);
        char here = text.charAt(at);
        boolean blank = here == ' ' || (atLines && (here == '\n' || here == '\t'));
        return (blank && isVisible(before) && startsWord(text.charAt(at + 1)))
                || (atIdeographs && isIdeograph(before) && isIdeograph(here))
                || (afterSentences && isIdeograph(before) && (isPunctuation(here) || isFullStop(here)))
                || (atPunctuation && isPunctuation(before) && isPunctuation(here));
    }

    private static boolean isVisible(char c) {
        return Character.isLetter(c) || (c > ' ' && c < 0x7f);
    }

    /** An ideographic comma or full stop, or a full-width mark. */
    private static boolean isFullStop(char c) {
        return "\u3001\u3002\uff01\uff0c\uff1a\uff1b\uff1f".indexOf(c) >= 0;
    }

    private static boolean isPunctuation(int c) {
        return c > ' ' && c < 0x7f && !Character.isLetterOrDigit(c);
    }

    /** A letter or digit that no rule joins with a space before it, as it does with vowel signs of some scripts. */
    private static boolean startsWord(char c) {
        int type = Character.getType(c);
        boolean thaiOrLao = c >= 0x0E00 && c <= 0x0EFF;
        boolean halfwidth = c >= 0xFF00;
        return (c >= '0' && c <= '9')
                || !thaiOrLao
                        && !halfwidth
                        && List.of((int) Character.UPPERCASE_LETTER, (int) Character.LOWERCASE_LETTER, (int)
                                        Character.OTHER_LETTER)
                                .contains(type);
    }

    private static boolean isIdeograph(char c) {
        return c >= 0x4E00 && c <= 0x9FFF;
    }
}
