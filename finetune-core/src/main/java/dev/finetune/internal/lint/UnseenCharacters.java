package dev.finetune.internal.lint;

import java.lang.Character.UnicodeScript;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Characters that nobody sees, but a tokenizer does. Those that have their use where they stand are left in peace: joiners in
 * scripts that are written with them and between pictographs, marks of direction in texts that have letters written from right to
 * left, the tags of a flag. Overrides of direction, with which a text looks otherwise than it is read (Boucher and Anderson,
 * "Trojan Source", 2023), are told wherever they stand.
 */
final class UnseenCharacters {
    private static final Set<UnicodeScript> WRITTEN_WITHOUT = EnumSet.of(
            UnicodeScript.LATIN, UnicodeScript.GREEK, UnicodeScript.CYRILLIC, UnicodeScript.HAN, UnicodeScript.COMMON);
    private static final int FLAG = 0x1F3F4;

    private UnseenCharacters() {}

    /** What there is of them: each kind once, with the first place, in UTF-16 units counted from 1. */
    static List<String> in(String text) {
        final List<String> found = new ArrayList<>();
        final Set<String> told = new HashSet<>();
        int before = ' ';
        for (int at = 0; at < text.length(); ) {
            final int point = text.codePointAt(at);
            final String kind = kind(point, before, text);
            if (!kind.isEmpty() && told.add(kind)) {
                found.add(String.format("%s, U+%04X, at character %d", kind, point, at + 1));
            }
            before = isTag(point) ? before : point;
            at += Character.charCount(point);
        }
        return found;
    }

    private static String kind(int point, int before, String text) {
        if (point == 0x202D || point == 0x202E) {
            return "an override of the direction of writing";
        }
        if (isMark(point)) {
            return hasLettersFromTheRight(text) ? "" : "a mark of the direction of writing";
        }
        return isTag(point) && before != FLAG
                        || isJoiner(point) && isWrittenWithout(point, before)
                        || isInvisible(point)
                ? "an invisible character"
                : "";
    }

    private static boolean isMark(int point) {
        return point >= 0x202A && point <= 0x202C
                || point >= 0x2066 && point <= 0x2069
                || point == 0x200E
                || point == 0x200F
                || point == 0x061C;
    }

    private static boolean isTag(int point) {
        return point >= 0xE0000 && point <= 0xE007F;
    }

    /** Zero width space, non-joiner and joiner, and the joiner of graphemes. */
    private static boolean isJoiner(int point) {
        return point >= 0x200B && point <= 0x200D || point == 0x034F;
    }

    private static boolean isWrittenWithout(int joiner, int before) {
        final int type = Character.getType(before);
        final boolean isPictograph = type == Character.OTHER_SYMBOL || type == Character.MODIFIER_SYMBOL;
        return WRITTEN_WITHOUT.contains(UnicodeScript.of(before)) && !(joiner == 0x200D && isPictograph);
    }

    /** Soft hyphen, Mongolian separator, word joiner, operators without a sign, fillers, marks of annotations. */
    private static boolean isInvisible(int point) {
        return point == 0xAD
                || point == 0x180E
                || point >= 0x2060 && point <= 0x2064
                || point == 0x3164
                || point == 0xFFA0
                || point >= 0xFFF9 && point <= 0xFFFB;
    }

    private static boolean hasLettersFromTheRight(String text) {
        return text.codePoints().anyMatch(point -> {
            final byte direction = Character.getDirectionality(point);
            return Character.isLetter(point)
                    && (direction == Character.DIRECTIONALITY_RIGHT_TO_LEFT
                            || direction == Character.DIRECTIONALITY_RIGHT_TO_LEFT_ARABIC);
        });
    }
}
