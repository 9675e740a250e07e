package dev.finetune.metrics;

import java.util.Collection;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** How tags mark entities: B begins one, I is inside, E ends one, S is one of a single word; BILOU writes L and U for E and S. */
public final class TagScheme {
    static final Tag OUTSIDE = new Tag('O', "");
    private static final Pattern PREFIXED = Pattern.compile("([BIESLUM])(?:[-_](.*))?");

    private TagScheme() {}

    /**
     * A tag, read.
     *
     * @param kind O, B, I, E or S
     * @param type what kind of entity
     */
    record Tag(char kind, String type) {
        private boolean inside() {
            return kind != 'O';
        }

        private boolean last() {
            return kind == 'E' || kind == 'S';
        }

        private boolean first() {
            return kind == 'B' || kind == 'S';
        }

        boolean endsBefore(Tag next) {
            return inside() && (last() || next.first() || !next.inside() || !type.equals(next.type));
        }

        boolean beginsAfter(Tag before) {
            return inside() && (first() || before.last() || !before.inside() || !type.equals(before.type));
        }
    }

    /**
     * {@return whether tags mark entities: "O" is among them, or each has a prefix ("B-PER", "I_PER", or "B" alone)}
     * Others, parts of speech say, are a class each.
     *
     * @param tags all that a data set or a head has
     */
    public static boolean marksEntities(Collection<String> tags) {
        return tags.stream().anyMatch(TagScheme::isOutside)
                || tags.stream().allMatch(tag -> PREFIXED.matcher(tag).matches());
    }

    /**
     * {@return whether a tag says that a word belongs to no entity}
     *
     * @param tag of one word
     */
    public static boolean isOutside(String tag) {
        return tag.isEmpty() || tag.equals("O");
    }

    static Tag read(String tag) {
        if (isOutside(tag)) {
            return OUTSIDE;
        }
        final Matcher prefixed = PREFIXED.matcher(tag);
        if (!prefixed.matches()) {
            return new Tag('I', tag);
        }
        final String type = prefixed.group(2);
        return new Tag(kind(prefixed.group(1).charAt(0)), type == null || type.isEmpty() ? "_" : type);
    }

    private static char kind(char letter) {
        return switch (letter) {
            case 'L' -> 'E';
            case 'U' -> 'S';
            case 'M' -> 'I';
            default -> letter;
        };
    }
}
