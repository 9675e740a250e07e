package dev.finetune.data;

import java.text.Normalizer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Finds classes that seem to be other classes misspelt. Those that really are two often differ by little, too: B-PER and
 * I-PER, level 4 and level 5, Type II and Type III. So a class counts as another one misspelt
 *
 * <ul>
 *   <li>if they look the same, differing by white space, by characters that can't be seen, or by Unicode's normal form; or
 *   <li>if both have the same letters and digits and differ by capitals, two letters at least ("A" and "a" may be two), or by
 *       spaces, hyphens or underscores, three at least and none of them a digit; or
 *   <li>if it is rare, the other one occurring {@value #RARE} times as often, and one letter is replaced, missing or too much,
 *       or two neighbours are swapped, in a word of {@value #SHORTEST} letters at least: not its first letter, nor an s at its
 *       end, nor in a word that has digits or is a Roman numeral.
 * </ul>
 */
final class AlikeClasses {
    private static final int RARE = 20;
    private static final int SHORTEST = 5;
    private static final int SHORTEST_SAME = 3;
    private static final int SHORTEST_IN_CAPITALS = 2;

    /** With more classes, it would take long to compare each with each. */
    private static final int MOST = 5000;

    private static final Pattern BETWEEN = Pattern.compile("[\\s_-]+");
    private static final Pattern SPACE = Pattern.compile("[\\s\\p{Z}]+");
    private static final Pattern UNSEEN = Pattern.compile("[\\p{Cf}\\p{Cc}&&[^\\s]]+");
    private static final Pattern ROMAN = Pattern.compile("[ivxlcdm]+");

    private AlikeClasses() {}

    /**
     * A class that seems to be another one.
     *
     * @param name what may be misspelt
     * @param count how often it occurs
     * @param meant the other one
     * @param meantCount how often that occurs
     */
    record Pair(String name, long count, String meant, long meantCount) {
        @Override
        public String toString() {
            return InputText.exactly(name) + " (" + count + ", did you mean " + InputText.exactly(meant) + ", "
                    + meantCount + "?)";
        }
    }

    /** All of them, each once, with the most frequent class that may be meant. */
    static List<Pair> in(Map<String, Long> counts) {
        if (counts.size() > MOST) {
            return List.of();
        }
        final List<Map.Entry<String, Long>> byCount = counts.entrySet().stream()
                .sorted(Map.Entry.<String, Long>comparingByValue().reversed())
                .toList();
        final List<String> looks =
                byCount.stream().map(entry -> look(entry.getKey())).toList();
        final List<List<String>> words = looks.stream().map(AlikeClasses::words).toList();
        final List<Pair> pairs = new ArrayList<>();
        for (int i = 1; i < byCount.size(); i++) {
            meant(byCount, looks, words, i).ifPresent(pairs::add);
        }
        return pairs;
    }

    private static Optional<Pair> meant(
            List<Map.Entry<String, Long>> byCount, List<String> looks, List<List<String>> words, int at) {
        if (looks.get(at).isEmpty()) {
            return Optional.empty();
        }
        final long count = byCount.get(at).getValue();
        for (int i = 0; i < at; i++) {
            final long other = byCount.get(i).getValue();
            final boolean rare = other / RARE >= count;
            if (looks.get(at).equals(looks.get(i))
                    || same(words.get(at), words.get(i))
                    || rare && slip(words.get(at), words.get(i))) {
                return Optional.of(
                        new Pair(byCount.get(at).getKey(), count, byCount.get(i).getKey(), other));
            }
        }
        return Optional.empty();
    }

    /** What a name looks like. */
    private static String look(String name) {
        final String seen =
                UNSEEN.matcher(Normalizer.normalize(name, Normalizer.Form.NFC)).replaceAll("");
        return SPACE.matcher(seen).replaceAll(" ").strip();
    }

    private static List<String> words(String look) {
        return Stream.of(BETWEEN.split(look.toLowerCase(Locale.ROOT))).toList();
    }

    private static boolean same(List<String> a, List<String> b) {
        final String joined = String.join("", a);
        return a.equals(b)
                ? joined.length() >= SHORTEST_IN_CAPITALS
                : joined.length() >= SHORTEST_SAME && joined.equals(String.join("", b)) && !hasDigits(joined);
    }

    /** Whether all words are equal but one, which differs by a slip of the pen. */
    private static boolean slip(List<String> a, List<String> b) {
        if (a.size() != b.size()) {
            return false;
        }
        int other = -1;
        for (int i = 0; i < a.size(); i++) {
            if (!a.get(i).equals(b.get(i))) {
                if (other >= 0) {
                    return false;
                }
                other = i;
            }
        }
        return other >= 0 && slip(a.get(other), b.get(other));
    }

    private static boolean slip(String a, String b) {
        final String shorter = a.length() < b.length() ? a : b;
        final String longer = a.length() < b.length() ? b : a;
        return shorter.length() >= SHORTEST
                && longer.length() - shorter.length() <= 1
                && shorter.charAt(0) == longer.charAt(0)
                && !longer.equals(shorter + "s")
                && Stream.of(a, b).noneMatch(AlikeClasses::hasDigits)
                && Stream.of(a, b).noneMatch(word -> ROMAN.matcher(word).matches())
                && oneEdit(shorter, longer);
    }

    private static boolean hasDigits(String word) {
        return word.codePoints().anyMatch(Character::isDigit);
    }

    private static boolean oneEdit(String shorter, String longer) {
        int at = 0;
        while (at < shorter.length() && shorter.charAt(at) == longer.charAt(at)) {
            at++;
        }
        if (shorter.length() < longer.length()) {
            return shorter.substring(at).equals(longer.substring(at + 1));
        }
        return shorter.substring(at + 1).equals(longer.substring(at + 1))
                || at + 1 < shorter.length()
                        && shorter.charAt(at) == longer.charAt(at + 1)
                        && shorter.charAt(at + 1) == longer.charAt(at)
                        && shorter.substring(at + 2).equals(longer.substring(at + 2));
    }
}
