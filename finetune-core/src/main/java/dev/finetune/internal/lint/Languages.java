package dev.finetune.internal.lint;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.lang.Character.UnicodeScript;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which texts are in another language than most of them, told by what is simple: their script (Unicode's, of most of their
 * letters), the function words of 21 languages (articles, prepositions, pronouns and the like) and how surprising their
 * letters are after those of all other texts ({@link LetterModel}).
 *
 * <p>The texts' own languages and scripts are those of a twentieth of the texts at least, so that a set of several languages
 * is taken as it is. A text is another one's
 *
 * <ul>
 *   <li>if most of its letters, {@value #LETTERS} at least, are of a script that isn't the texts' own;
 *   <li>or if the function words of another language outweigh those of the own ones twice: two different ones at least, each
 *       weighing 1 over the number of languages that share it, {@value #WEIGHT} in sum, and an eighth of all its words; a
 *       word that most often occurs in texts of the own languages ("am", "war" in English) weighs nothing for another one;
 *   <li>or if it has {@value #LONG} letters at least and its letters are so surprising that it lies more than
 *       {@value #SURPRISING} robust standard deviations from the median.
 * </ul>
 *
 * <p>It can't tell a short text without function words ("Danke!"), one of two languages, two languages of one script and kin
 * (Norwegian and Danish) well, or a language that isn't among the 21 from gibberish: such are found by their letters only.
 */
public final class Languages {
    private static final double OWN_SHARE = 0.05;
    private static final int LETTERS = 4;
    private static final double WEIGHT = 1.4;
    private static final double WORD_SHARE = 0.125;
    private static final int LONG = 25;
    private static final double SURPRISING = 8;
    private static final int MOST_CHARACTERS = 5_000;
    private static final Pattern WORD = Pattern.compile("[\\p{L}\\p{M}]++(?:['\u2019-][\\p{L}\\p{M}]++)*+['\u2019]?");
    private static final List<String> NAMES = new ArrayList<>();

    /** The languages of a function word. */
    private static final Map<String, int[]> WORDS = read();

    private final List<String> texts;

    private Languages(List<String> texts) {
        this.texts = texts;
    }

    private static Map<String, int[]> read() {
        final Map<String, int[]> words = new HashMap<>();
        try (InputStream in = Languages.class.getResourceAsStream("function-words.txt")) {
            if (in == null) {
                throw new IllegalStateException("the jar lacks function-words.txt");
            }
            final BufferedReader lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                final String[] parts = line.split(" ");
                final int language = NAMES.size();
                NAMES.add(parts[0]);
                for (String word : new HashSet<>(Arrays.asList(parts).subList(1, parts.length))) {
                    words.merge(word, new int[] {language}, Languages::joined);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return words;
    }

    private static int[] joined(int[] some, int[] more) {
        final int[] all = Arrays.copyOf(some, some.length + more.length);
        System.arraycopy(more, 0, all, some.length, more.length);
        return all;
    }

    /** What is said of each text that is another one's, by its number, counted from 0, in order. */
    public static Map<Integer, String> others(List<String> texts) {
        return new Languages(texts.stream()
                        .map(text -> text.length() > MOST_CHARACTERS ? text.substring(0, MOST_CHARACTERS) : text)
                        .toList())
                .others();
    }

    private Map<Integer, String> others() {
        final List<Optional<UnicodeScript>> scripts =
                texts.stream().map(Languages::script).toList();
        final Set<Optional<UnicodeScript>> ownScripts = common(scripts);
        final List<Set<String>> words = texts.stream().map(Languages::words).toList();
        final List<Optional<Integer>> best = words.stream()
                .map(each -> Scores.of(each, Set.of(), Set.of()).best())
                .toList();
        final Set<Optional<Integer>> ownLanguages = common(best);
        final Set<String> ownWords = ownWords(words, best, ownLanguages);
        final double[] surprises = LetterModel.surprises(texts, LONG);
        final Map<Integer, String> found = new LinkedHashMap<>();
        for (int i = 0; i < texts.size(); i++) {
            final Optional<UnicodeScript> script = scripts.get(i);
            if (script.isPresent() && !ownScripts.contains(script)) {
                found.put(i, "most of its letters are " + told(script.get()));
                continue;
            }
            final Optional<String> language =
                    Scores.of(words.get(i), ownWords, ownLanguages).other(ownLanguages);
            if (language.isPresent()) {
                found.put(i, language.get());
            } else if (surprises[i] > SURPRISING) {
                found.put(i, "its letters follow each other as they hardly do elsewhere in this data");
            }
        }
        return found;
    }

    /** The function words that are in texts of the own languages more often than not. */
    private static Set<String> ownWords(
            List<Set<String>> words, List<Optional<Integer>> best, Set<Optional<Integer>> ownLanguages) {
        final Map<String, Integer> votes = new HashMap<>();
        for (int i = 0; i < words.size(); i++) {
            final int vote = best.get(i).isEmpty() ? 0 : ownLanguages.contains(best.get(i)) ? 1 : -1;
            words.get(i).stream().filter(WORDS::containsKey).forEach(word -> votes.merge(word, vote, Integer::sum));
        }
        votes.values().removeIf(vote -> vote <= 0);
        return votes.keySet();
    }

    private static String told(UnicodeScript script) {
        if (script == UnicodeScript.HAN) {
            return "Chinese or Japanese";
        }
        final String name = script.name().replace('_', ' ');
        return name.charAt(0) + name.substring(1).toLowerCase(Locale.ROOT);
    }

    /** What many of the texts have; if there are few texts, what any two have. */
    private static <T> Set<Optional<T>> common(List<Optional<T>> all) {
        final Map<Optional<T>, Integer> counts = new HashMap<>();
        all.stream().filter(Optional::isPresent).forEach(each -> counts.merge(each, 1, Integer::sum));
        final int total = counts.values().stream().mapToInt(Integer::intValue).sum();
        final int most =
                counts.values().stream().mapToInt(Integer::intValue).max().orElse(0);
        final Set<Optional<T>> common = new HashSet<>();
        counts.forEach((each, count) -> {
            if (count == most || count >= Math.max(2, OWN_SHARE * total)) {
                common.add(each);
            }
        });
        return common;
    }

    /** The script of most letters, if there are enough; Chinese and Japanese letters are of one, for they go together. */
    private static Optional<UnicodeScript> script(String text) {
        final Map<UnicodeScript, Integer> counts = new HashMap<>();
        int letters = 0;
        for (int at = 0; at < text.length(); ) {
            final int point = text.codePointAt(at);
            at += Character.charCount(point);
            if (Character.isLetter(point)) {
                letters++;
                final UnicodeScript script = point < 0x80 ? UnicodeScript.LATIN : UnicodeScript.of(point);
                final boolean isKana = script == UnicodeScript.HIRAGANA || script == UnicodeScript.KATAKANA;
                counts.merge(isKana ? UnicodeScript.HAN : script, 1, Integer::sum);
            }
        }
        for (Map.Entry<UnicodeScript, Integer> entry : counts.entrySet()) {
            if (letters >= LETTERS && 2 * entry.getValue() > letters) {
                return Optional.of(entry.getKey());
            }
        }
        return Optional.empty();
    }

    /** The different words of a text, in lower case. */
    private static Set<String> words(String text) {
        final Matcher matcher = WORD.matcher(text);
        final Set<String> words = new LinkedHashSet<>();
        while (matcher.find()) {
            words.add(matcher.group().toLowerCase(Locale.ROOT).replace('\u2019', '\''));
        }
        return words;
    }

    /** How many words a text has, how much the function words of each language in it weigh, and how many there are. */
    private record Scores(int words, double[] weights, int[] counts) {
        /** Of words, some of which count for the own languages only. */
        static Scores of(Set<String> words, Set<String> ownWords, Set<Optional<Integer>> ownLanguages) {
            final double[] weights = new double[NAMES.size()];
            final int[] counts = new int[NAMES.size()];
            for (String word : words) {
                final boolean isOwn = ownWords.contains(word);
                final int[] languages = WORDS.getOrDefault(word, new int[0]);
                for (int language : languages) {
                    if (!isOwn || ownLanguages.contains(Optional.of(language))) {
                        weights[language] += 1.0 / languages.length;
                        counts[language]++;
                    }
                }
            }
            return new Scores(words.size(), weights, counts);
        }

        /** The language that outweighs the others. */
        Optional<Integer> best() {
            int best = 0;
            for (int i = 1; i < weights.length; i++) {
                best = weights[i] > weights[best] ? i : best;
            }
            return weights[best] > 0 ? Optional.of(best) : Optional.empty();
        }

        /** What is said of a text that is of another language than the own ones. */
        Optional<String> other(Set<Optional<Integer>> own) {
            final int best = best().orElse(-1);
            if (best < 0 || own.contains(Optional.of(best))) {
                return Optional.empty();
            }
            double ofOwn = 0;
            for (Optional<Integer> each : own) {
                ofOwn = Math.max(ofOwn, weights[each.orElseThrow()]);
            }
            final boolean isOther = weights[best] >= WEIGHT
                    && counts[best] >= 2
                    && counts[best] >= WORD_SHARE * words
                    && weights[best] > 2 * ofOwn;
            return isOther
                    ? Optional.of("has " + counts[best] + " function words of " + NAMES.get(best))
                    : Optional.empty();
        }
    }
}
