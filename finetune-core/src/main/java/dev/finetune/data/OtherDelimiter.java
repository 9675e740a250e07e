package dev.finetune.data;

import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Guesses what parts the columns of a file that was read with another delimiter than its own. */
final class OtherDelimiter {
    private static final List<Character> COMMON = List.of(',', ';', '\t', '|');
    private static final int QUOTED = 2;

    private OtherDelimiter() {}

    /**
     * {@return a sentence, with a space before it, that says which delimiter the file seems to have; empty if none}
     *
     * @param line the file's first
     * @param delimiter with which it was read
     * @param wanted whether the columns that another delimiter gives are those that are looked for
     */
    static String hint(String line, char delimiter, Predicate<List<String>> wanted) {
        return COMMON.stream()
                .filter(other -> other != delimiter && line.indexOf(other) >= 0)
                .filter(other -> wanted.test(split(line, other)))
                .findFirst()
                .map(other -> " Its first line looks separated by " + name(other) + ": say delimiter(" + literal(other)
                        + ").")
                .orElse("");
    }

    private static List<String> split(String line, char delimiter) {
        return Stream.of(line.split(Pattern.quote(String.valueOf(delimiter)), -1))
                .map(cell -> unquoted(cell.strip()))
                .toList();
    }

    private static String unquoted(String cell) {
        return cell.length() >= QUOTED && cell.startsWith("\"") && cell.endsWith("\"")
                ? cell.substring(1, cell.length() - 1)
                : cell;
    }

    private static String name(char delimiter) {
        return delimiter == '\t' ? "tabs" : "'" + delimiter + "'";
    }

    private static String literal(char delimiter) {
        return delimiter == '\t' ? "'\\t'" : "'" + delimiter + "'";
    }
}
