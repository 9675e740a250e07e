package dev.finetune.bert.text;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Function;

/**
 * Tokenizes of long texts, and of long lists of words, no more than a beginning that makes more tokens than will be kept:
 * exactly the first tokens of the whole. A text is read to its end where nothing in it is known to be a safe place to cut
 * ({@link TextStart}), as a byte-level tokenizer's word of megabytes, and then once.
 *
 * @param start where a text may be cut
 * @param runs what of a text may be left out
 * @param texts tokenizes texts, each by itself
 * @param words tokenizes a sentence of words
 */
record Beginnings(
        TextStart start,
        LongRuns runs,
        BiFunction<List<String>, Detail, List<RawTokens>> texts,
        Function<List<String>, RawTokens> words) {
    private static final int LEAST_TOKENS = 32;
    private static final int UNITS_A_TOKEN = 8;

    /**
     * The tokens of texts: all, or the first of the whole where there are more than {@code enough}.
     */
    List<RawTokens> of(List<String> whole, int enough, Detail detail) {
        int units = units(enough);
        if (whole.stream().noneMatch(text -> isLong(text, units))) {
            return texts.apply(whole, detail);
        }
        List<LongRuns.Shortened> begun =
                whole.stream().map(text -> begin(text, units)).toList();
        List<RawTokens> result = new ArrayList<>(
                texts.apply(begun.stream().map(LongRuns.Shortened::text).toList(), detail));
        for (int i = 0; i < whole.size(); i++) {
            boolean all = begun.get(i).text().length() == whole.get(i).length();
            result.set(
                    i,
                    all || result.get(i).length() > enough
                            ? begun.get(i).restore(result.get(i))
                            : more(whole.get(i), units, enough, detail));
        }
        return result;
    }

    private LongRuns.Shortened begin(String text, int units) {
        if (!isLong(text, units)) {
            return LongRuns.Shortened.whole(text);
        }
        String cut = start.of(text, units);
        return cut.length() <= units
                ? LongRuns.Shortened.whole(cut)
                : runs.shorten(text).beginning(start, units);
    }

    /** For a text whose first part made too few tokens: ever longer ones. */
    private RawTokens more(String text, int units, int enough, Detail detail) {
        LongRuns.Shortened shortened = runs.shorten(text);
        for (long next = 4L * units; ; next *= 4) {
            LongRuns.Shortened part = shortened.beginning(start, (int) Math.min(next, Integer.MAX_VALUE));
            RawTokens raw = texts.apply(List.of(part.text()), detail).get(0);
            if (raw.length() > enough
                    || part.text().length() == shortened.text().length()) {
                return part.restore(raw);
            }
        }
    }

    /**
     * The tokens of a sentence of words, each tokenized by itself: all, or the first of the whole where there are more
     * than {@code enough}.
     *
     * @param tokens the tokens of the words that were read
     * @param read how many words they are
     */
    record Sentence(RawTokens tokens, int read) {}

    Sentence ofWords(List<String> whole, int enough) {
        for (long most = Math.max(enough, LEAST_TOKENS) + 1L; ; most *= 4) {
            int read = (int) Math.min(most, whole.size());
            RawTokens raw = words.apply(whole.subList(0, read).stream()
                    .map(word -> ofWord(word, enough))
                    .toList());
            if (raw.length() > enough || read == whole.size()) {
                return new Sentence(raw, read);
            }
        }
    }

    private String ofWord(String word, int enough) {
        int units = units(enough);
        if (!isLong(word, units)) {
            return word;
        }
        LongRuns.Shortened shortened = runs.shorten(word);
        LongRuns.Shortened part = shortened.beginning(start, units);
        return texts.apply(List.of(part.text()), Detail.IDS).get(0).length() > enough ? part.text() : shortened.text();
    }

    private static int units(int enough) {
        return Math.multiplyExact(UNITS_A_TOKEN, Math.max(enough, LEAST_TOKENS));
    }

    private static boolean isLong(String text, int units) {
        return text.length() / 2 > units;
    }
}
