package dev.finetune.internal.lint;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Characters that a text would not have if nothing had gone wrong on its way here. */
public final class CharacterFaults {
    private static final Charset WINDOWS = Charset.forName("windows-1252");

    /** A leading byte of UTF-8 and those that follow it, read as Windows-1252 or Latin-1. */
    private static final Pattern MISREAD = Pattern.compile("(?:[\u00C2-\u00DF]#|[\u00E0-\u00EF]##|[\u00F0-\u00F4]###)+"
            .replace(
                    "#",
                    "[\u0080-\u00BF\u20AC\u201A\u0192\u201E\u2026\u2020\u2021\u02C6\u2030\u0160\u2039\u0152\u017D"
                            + "\u2018\u2019\u201C\u201D\u2022\u2013\u2014\u02DC\u2122\u0161\u203A\u0153\u017E\u0178]"));

    private static final Pattern MARKUP =
            Pattern.compile("&(?:amp|lt|gt|quot|apos|nbsp|[a-z]{4,8}|#\\d{2,6}|#x[0-9a-fA-F]{2,5});"
                    + "|</?(?:a|b|i|u|p|br|hr|em|li|ol|ul|h[1-6]|td|tr|th|div|img|pre|sub|sup|span|font|code|table|strong|blockquote)"
                    + "(?: [^<>]{0,200})?/?>"
                    + "|\\\\u[0-9a-fA-F]{4}|\\\\x[0-9a-fA-F]{2}");

    private CharacterFaults() {}

    /** What went wrong with how a text was encoded, and what can't be seen in it: each kind once, with the first place. */
    public static List<String> encoding(String text) {
        final List<String> faults = new ArrayList<>();
        final Set<String> seen = new HashSet<>();
        boolean isLatin = false;
        boolean isAscii = true;
        for (int at = 0; at < text.length(); at++) {
            final char unit = text.charAt(at);
            isLatin |= unit >= 0xC2 && unit <= 0xF4;
            final String fault = fault(text, at, unit);
            if (fault != null && seen.add(fault)) {
                faults.add(fault.formatted((int) unit, at + 1));
            }
            isAscii &= unit < 0x80;
        }
        if (!isAscii) {
            faults.addAll(UnseenCharacters.in(text));
        }
        if (isLatin) {
            misread(text).ifPresent(faults::add);
        }
        return faults;
    }

    private static @Nullable String fault(String text, int at, char unit) {
        if (unit >= ' ' && unit < 0x7F || unit == '\t' || unit == '\n' || unit == '\r') {
            return null;
        }
        if (unit == 0) {
            return "a NUL, U+%04X, at character %d";
        }
        if (Character.isISOControl(unit)) {
            return "a control character, U+%04X, at character %d";
        }
        if (unit == '\uFFFD') {
            return "the replacement character, U+%04X, at character %d, where a byte could not be read";
        }
        if (unit == '\uFEFF') {
            return "a byte order mark, U+%04X, at character %d";
        }
        if (unit >= '\uFFFE' || unit >= '\uFDD0' && unit <= '\uFDEF') {
            return "U+%04X, which is no character, at character %d";
        }
        return Character.isSurrogate(unit) && !isPaired(text, at, unit)
                ? "half of a character, U+%04X, at character %d"
                : null;
    }

    private static boolean isPaired(String text, int at, char unit) {
        return Character.isHighSurrogate(unit)
                ? at + 1 < text.length() && Character.isLowSurrogate(text.charAt(at + 1))
                : at > 0 && Character.isHighSurrogate(text.charAt(at - 1));
    }

    /**
     * UTF-8 that was read as Windows-1252 or Latin-1. Two such letters in a row may be meant ("Stra\u00DFe\u2013"), so a
     * lone pair counts only if it starts with \u00C2 or \u00C3, as those of Western languages do.
     */
    private static Optional<String> misread(String text) {
        final Matcher found = MISREAD.matcher(text);
        while (found.find()) {
            final String run = found.group();
            final String meant = decoded(run);
            final boolean isLone = run.length() == 2 && run.charAt(0) != '\u00C2' && run.charAt(0) != '\u00C3';
            if (!meant.isEmpty() && !isLone) {
                return Optional.of("\"" + run + "\" at character " + (found.start() + 1) + ", UTF-8 read as"
                        + " Windows-1252 or Latin-1, probably \"" + meant + "\"");
            }
        }
        return Optional.empty();
    }

    private static String decoded(String run) {
        final ByteBuffer bytes = ByteBuffer.allocate(run.length());
        for (int i = 0; i < run.length(); i++) {
            final char unit = run.charAt(i);
            bytes.put(unit <= 0xFF ? (byte) unit : String.valueOf(unit).getBytes(WINDOWS)[0]);
        }
        final CharsetDecoder strict = StandardCharsets.UTF_8.newDecoder();
        try {
            final CharBuffer meant = strict.decode(bytes.flip());
            return meant.chars().anyMatch(Character::isISOControl) ? "" : meant.toString();
        } catch (CharacterCodingException e) {
            return "";
        }
    }

    /** The first tag or entity of HTML, or escape of a programming language, that was left in a text. */
    public static Optional<String> markup(String text) {
        if (text.indexOf('&') < 0 && text.indexOf('<') < 0 && text.indexOf('\\') < 0) {
            return Optional.empty();
        }
        final Matcher found = MARKUP.matcher(text);
        return found.find()
                ? Optional.of("\"" + found.group() + "\" at character " + (found.start() + 1))
                : Optional.empty();
    }

    /** How a text writes what can be written in several ways. */
    public enum Form {
        /** It has nothing of the kind. */
        EITHER,
        /** Composed: é is one character. */
        NFC,
        /** Decomposed: é is an e and an accent. */
        NFD,
        /** Neither, or both. */
        MIXED
    }

    /** The normal form of a text. */
    public static Form form(String text) {
        if (text.chars().allMatch(unit -> unit < 0xC0)) {
            return Form.EITHER;
        }
        final boolean isComposed = Normalizer.isNormalized(text, Normalizer.Form.NFC);
        final boolean isDecomposed = Normalizer.isNormalized(text, Normalizer.Form.NFD);
        if (isComposed) {
            return isDecomposed ? Form.EITHER : Form.NFC;
        }
        return isDecomposed ? Form.NFD : Form.MIXED;
    }
}
