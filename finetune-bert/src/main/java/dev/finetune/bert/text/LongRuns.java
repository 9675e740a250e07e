package dev.finetune.bert.text;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Shortens what in a long text makes no difference to BERT's WordPiece: a word of more letters than
 * {@code max_input_chars_per_word} is the unknown token whatever follows, and of a run of blanks, control characters or
 * accents each stands for what all of them do. The tokens, and with {@link Shortened#restore} their places, are those of
 * the whole text. Other tokenizers get the text as it is, since any part of a run may change their tokens.
 */
final class LongRuns {
    /** What stays of a run at its start, beside a word's letters, and at its end: more than an added token is long. */
    private static final int KEPT = 128;

    private enum Kind {
        BLANK,
        CONTROL,
        ACCENT,
        WORD,
        OTHER
    }

    /** The letters after which a word is unknown; negative for tokenizers with other rules. */
    private final int longestWord;

    private LongRuns(int longestWord) {
        this.longestWord = longestWord;
    }

    /** For a tokenizer, from the text of its tokenizer.json. */
    static LongRuns of(JsonObject json) {
        boolean bert = TokenizerDefinition.isA(json.get("model"), "WordPiece")
                && TokenizerDefinition.isA(json.get("pre_tokenizer"), "BertPreTokenizer")
                && TokenizerDefinition.isA(json.get("normalizer"), "BertNormalizer")
                && noAddedTokenWithinARun(json);
        if (!bert) {
            return new LongRuns(-1);
        }
        JsonElement said = json.getAsJsonObject("model").get("max_input_chars_per_word");
        return new LongRuns(said instanceof JsonPrimitive most ? Math.min(most.getAsInt(), 1 << 20) : 100);
    }

    private static boolean noAddedTokenWithinARun(JsonObject json) {
        for (JsonElement token : json.get("added_tokens") instanceof JsonArray tokens ? tokens : new JsonArray()) {
            String content = token.getAsJsonObject().get("content").getAsString();
            if (content.length() >= KEPT || content.chars().noneMatch(c -> c > ' ' && c < 0x7f && !isSureLetter(c))) {
                return false;
            }
        }
        return true;
    }

    /**
     * A text without the insides of its long runs.
     *
     * @param text what is left
     * @param gaps where in it something is left out, ascending
     * @param left how many units are left out before and at each gap
     */
    record Shortened(String text, int[] gaps, int[] left) {
        /** A text of which nothing is left out. */
        static Shortened whole(String text) {
            return new Shortened(text, new int[0], new int[0]);
        }

        /** A part that may be tokenized by itself ({@link TextStart#of}). */
        Shortened beginning(TextStart start, int units) {
            return text.length() / 2 > units ? new Shortened(start.of(text, units), gaps, left) : this;
        }

        /** The tokens with their places in the whole text. */
        RawTokens restore(RawTokens raw) {
            return gaps.length == 0
                    ? raw
                    : new RawTokens(raw.ids(), raw.words(), restore(raw.starts()), restore(raw.ends()));
        }

        private int[] restore(int[] places) {
            return Arrays.stream(places).map(this::restore).toArray();
        }

        private int restore(int place) {
            int found = Arrays.binarySearch(gaps, place);
            int gap = found >= 0 ? found : -found - 2;
            return gap < 0 ? place : place + left[gap];
        }
    }

    /** Leaves out the insides of long runs. */
    Shortened shorten(String text) {
        if (longestWord < 0) {
            return Shortened.whole(text);
        }
        StringBuilder kept = new StringBuilder();
        List<Integer> gaps = new ArrayList<>();
        List<Integer> left = new ArrayList<>();
        int copied = 0;
        int end;
        for (int at = 0; at < text.length(); at = end) {
            Kind kind = kind(text.charAt(at));
            end = endOfRun(text, at, kind);
            int from = kind == Kind.OTHER ? end : keptUntil(text, at, end, kind);
            int to = end - KEPT;
            if (from < to) {
                kept.append(text, copied, from);
                gaps.add(kept.length());
                left.add((left.isEmpty() ? 0 : left.get(left.size() - 1)) + to - from);
                copied = to;
            }
        }
        kept.append(text, copied, text.length());
        return new Shortened(kept.toString(), ints(gaps), ints(left));
    }

    private static int endOfRun(String text, int from, Kind kind) {
        int end = from + 1;
        while (end < text.length() && isPartOf(text.charAt(end), kind)) {
            end++;
        }
        return end;
    }

    private static boolean isPartOf(char c, Kind kind) {
        return kind == Kind.WORD ? isPartOfWord(c) : kind(c) == kind;
    }

    private int keptUntil(String text, int from, int end, Kind kind) {
        if (kind != Kind.WORD) {
            return Math.min(from + Math.max(KEPT, longestWord + 1), end);
        }
        int letters = 0;
        int at = from;
        while (at < end && letters < longestWord + KEPT) {
            letters += isSureLetter(text.charAt(at++)) ? 1 : 0;
        }
        return at;
    }

    private static int[] ints(List<Integer> values) {
        return values.stream().mapToInt(Integer::intValue).toArray();
    }

    private static Kind kind(char c) {
        if (isSureLetter(c)) {
            return Kind.WORD;
        }
        if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\u00a0' || c == '\u3000') {
            return Kind.BLANK;
        }
        if (c >= 0x300 && c <= 0x36f) {
            return Kind.ACCENT;
        }
        boolean format = c >= 0x200b && c <= 0x200f || c == 0xfeff || c == 0xfffd;
        return c < 0x09 || c >= 0x0e && c < 0x20 || c >= 0x7f && c < 0x85 || format ? Kind.CONTROL : Kind.OTHER;
    }

    /** A letter that no normalizer drops: of the scripts that every version of Unicode has. */
    private static boolean isSureLetter(int c) {
        return c >= 'a' && c <= 'z'
                || c >= 'A' && c <= 'Z'
                || c >= '0' && c <= '9'
                || c >= 0xc0 && c <= 0x24f && Character.isLetter(c)
                || c >= 0x391 && c <= 0x3c9 && Character.isLetter(c)
                || c >= 0x410 && c <= 0x44f
                || c >= 0x5d0 && c <= 0x5ea
                || c >= 0x621 && c <= 0x63a
                || c >= 0x905 && c <= 0x939
                || c >= 0xe01 && c <= 0xe2e
                || c >= 0x3041 && c <= 0x3096
                || c >= 0x30a1 && c <= 0x30fa
                || c >= 0xac00 && c <= 0xd7a3;
    }

    /** What never ends a word: letters that aren't set apart, digits, and the marks on them. */
    private static boolean isPartOfWord(char c) {
        if (isSureLetter(c)) {
            return true;
        }
        int type = Character.getType(c);
        return c < 0x2e80
                && kind(c) != Kind.ACCENT
                && (Character.isLetterOrDigit(c)
                        || type == Character.NON_SPACING_MARK
                        || type == Character.COMBINING_SPACING_MARK);
    }
}
