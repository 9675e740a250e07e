package dev.finetune.data;

import java.math.BigInteger;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The order in which label names that were found in data are numbered. */
final class LabelOrder {
    private static final Pattern INTEGER = Pattern.compile("[+-]?[0-9]+");
    private static final Pattern PREFIXED_TAG = Pattern.compile("([BIESLUM])-(.+)");
    private static final String OUTSIDE = "O";

    private static final Comparator<String> NUMERIC =
            Comparator.<String, BigInteger>comparing(BigInteger::new).thenComparing(Comparator.naturalOrder());
    private static final Comparator<String> TAGS = Comparator.comparing((String tag) -> !tag.equals(OUTSIDE))
            .thenComparing(LabelOrder::type)
            .thenComparing(Comparator.naturalOrder());

    private LabelOrder() {}

    /** Numeric order if all names are integers, else that of {@link String#compareTo}. */
    static List<String> classes(Collection<String> names) {
        boolean numeric = names.stream().allMatch(name -> INTEGER.matcher(name).matches());
        return names.stream()
                .sorted(numeric ? NUMERIC : Comparator.naturalOrder())
                .toList();
    }

    /** O, then by type, B- before I-. */
    static List<String> tags(Collection<String> names) {
        return names.stream().sorted(TAGS).toList();
    }

    private static String type(String tag) {
        Matcher matcher = PREFIXED_TAG.matcher(tag);
        return matcher.matches() ? matcher.group(2) : tag;
    }
}
