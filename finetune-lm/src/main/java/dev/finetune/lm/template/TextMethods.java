package dev.finetune.lm.template;

import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The methods of strings. */
final class TextMethods {
    private TextMethods() {}

    static Object call(String text, String name, Arguments given) {
        return switch (name) {
            case "strip", "lstrip", "rstrip" -> strip(text, name, given.positional(name, "chars?")[0]);
            case "split", "rsplit" -> split(text, name, given);
            case "splitlines" -> splitLines(text, given);
            case "startswith", "endswith" -> startsOrEnds(text, name, given);
            case "replace" -> replace(text, given);
            case "join" -> join(text, given.positional(name, "values")[0]);
            case "format" -> PercentFormat.braces(text, given);
            case "find", "rfind", "index", "rindex", "count" -> TextSearch.call(text, name, given);
            case "partition", "rpartition" -> TextSearch.partition(text, name, given);
            case "removeprefix", "removesuffix" -> remove(text, name, given);
            case "center", "ljust", "rjust", "zfill" -> pad(text, name, given);
            default -> plain(text, name, given);
        };
    }

    private static Object plain(String text, String name, Arguments given) {
        given.positional(name);
        return switch (name) {
            case "upper" -> text.toUpperCase(Locale.ROOT);
            case "lower" -> text.toLowerCase(Locale.ROOT);
            case "title" -> Characters.title(text);
            case "capitalize" -> Characters.capitalize(text);
            default -> TextKinds.is(text, name);
        };
    }

    static String string(@Nullable Object value) {
        return Values.string(value, "what a string's method takes");
    }

    static String strip(String text, String how, @Nullable Object chars) {
        if (chars == null || chars == None.NONE) {
            String start = how.equals("rstrip") ? text : Characters.stripStart(text);
            return how.equals("lstrip") ? start : Characters.stripEnd(start);
        }
        String all = string(chars);
        int from = 0;
        int to = text.length();
        while (!how.equals("rstrip") && from < to && all.indexOf(text.codePointAt(from)) >= 0) {
            from += Character.charCount(text.codePointAt(from));
        }
        while (!how.equals("lstrip") && to > from && all.indexOf(text.codePointBefore(to)) >= 0) {
            to -= Character.charCount(text.codePointBefore(to));
        }
        return text.substring(from, to);
    }

    private static Object split(String text, String name, Arguments given) {
        Object[] bound = given.bind(name, "sep?", "maxsplit?");
        long most = bound[1] == null ? -1 : Numbers.index(bound[1]);
        boolean end = name.equals("rsplit");
        if (bound[0] == null || bound[0] == None.NONE) {
            return end ? Splits.spacesFromEnd(text, most) : Splits.spaces(text, most);
        }
        String separator = string(bound[0]);
        if (separator.isEmpty()) {
            throw new TemplateProblem(name + "() has an empty separator");
        }
        return end ? Splits.fromEnd(text, separator, most) : Splits.from(text, separator, most);
    }

    private static Object splitLines(String text, Arguments given) {
        Object keep = given.bind("splitlines", "keepends?")[0];
        return Splits.lines(text, keep != null && Numbers.index(keep) != 0);
    }

    private static Object startsOrEnds(String text, String name, Arguments given) {
        Object[] bound = given.positional(name, "affix", "start?", "end?");
        if (bound[1] != null || bound[2] != null) {
            throw TemplateProblem.lacking(name + "() with a start or an end");
        }
        List<Object> affixes = bound[0] instanceof Tuple tuple ? tuple.items() : List.of(bound[0]);
        boolean found = false;
        for (Object affix : affixes) {
            String part = string(affix);
            found |= name.equals("startswith") ? text.startsWith(part) : text.endsWith(part);
        }
        return found;
    }

    private static Object replace(String text, Arguments given) {
        Object[] bound = given.positional("replace", "old", "new", "count?");
        long most = bound[2] == null ? -1 : Numbers.index(bound[2]);
        return replace(text, string(bound[0]), string(bound[1]), most);
    }

    static String replace(String text, String old, String by, long most) {
        long found = old.isEmpty() ? text.length() + 1L : most == 0 ? 0 : TextSearch.count(text, old);
        if (text.length() + found * by.length() > Run.MOST_CHARACTERS) {
            throw new TemplateProblem("replace() makes more than " + Run.MOST_CHARACTERS + " characters");
        }
        if (old.isEmpty()) {
            return between(text, by, most);
        }
        if (most < 0) {
            return text.replace(old, by);
        }
        StringBuilder out = new StringBuilder();
        int at = 0;
        long left = most;
        for (int next = text.indexOf(old); next >= 0 && left-- > 0; next = text.indexOf(old, at)) {
            out.append(text, at, next).append(by);
            at = next + old.length();
        }
        return out.append(text, at, text.length()).toString();
    }

    /** What is put before each character, and at the end. */
    private static String between(String text, String put, long most) {
        StringBuilder out = new StringBuilder();
        long left = most < 0 ? Long.MAX_VALUE : most;
        for (int at = 0; at < text.length(); at = text.offsetByCodePoints(at, 1)) {
            out.append(left-- > 0 ? put : "").appendCodePoint(text.codePointAt(at));
        }
        return out.append(left > 0 ? put : "").toString();
    }

    private static Object join(String text, Object values) {
        List<String> parts =
                Sequences.list(values).stream().map(TextMethods::string).toList();
        return Splits.join(text, parts);
    }

    private static Object remove(String text, String name, Arguments given) {
        String affix = string(given.positional(name, "affix")[0]);
        if (name.equals("removeprefix")) {
            return text.startsWith(affix) ? text.substring(affix.length()) : text;
        }
        return text.endsWith(affix) ? text.substring(0, text.length() - affix.length()) : text;
    }

    static Object pad(String text, String name, Arguments given) {
        boolean zeros = name.equals("zfill");
        Object[] bound = zeros ? given.positional(name, "width") : given.positional(name, "width", "fill?");
        String fill = zeros ? "0" : bound[1] == null ? " " : string(bound[1]);
        long missing = Numbers.index(bound[0]) - Characters.length(text);
        if (Characters.length(fill) != 1 || missing > Run.MOST_CHARACTERS) {
            throw new TemplateProblem(name + "() takes a width below " + Run.MOST_CHARACTERS + " and one character");
        }
        if (missing <= 0) {
            return text;
        }
        if (zeros) {
            boolean signed = text.startsWith("-") || text.startsWith("+");
            return text.substring(0, signed ? 1 : 0) + "0".repeat((int) missing) + text.substring(signed ? 1 : 0);
        }
        int before = name.equals("rjust") ? (int) missing : 0;
        if (name.equals("center")) {
            long width = Numbers.index(bound[0]);
            before = (int) (missing / 2 + (missing & width & 1));
        }
        return fill.repeat(before) + text + fill.repeat((int) missing - before);
    }
}
