package dev.finetune.lm.template;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Strings cut into parts, and put together. */
final class Splits {
    private static final String LINE_ENDS = "\n\r\u000b\f\u001c\u001d\u001e\u0085\u2028\u2029";

    private Splits() {}

    static List<Object> from(String text, String separator, long most) {
        List<Object> parts = new ArrayList<>();
        int at = 0;
        for (int next = text.indexOf(separator);
                next >= 0 && parts.size() != most;
                next = text.indexOf(separator, at)) {
            parts.add(text.substring(at, next));
            at = next + separator.length();
        }
        parts.add(text.substring(at));
        return parts;
    }

    static List<Object> fromEnd(String text, String separator, long most) {
        List<Object> parts = new ArrayList<>();
        int end = text.length();
        while (parts.size() != most) {
            int next = end < separator.length() ? -1 : text.lastIndexOf(separator, end - separator.length());
            if (next < 0) {
                break;
            }
            parts.add(text.substring(next + separator.length(), end));
            end = next;
        }
        parts.add(text.substring(0, end));
        Collections.reverse(parts);
        return parts;
    }

    static List<Object> spaces(String text, long most) {
        List<Object> parts = new ArrayList<>();
        int at = Characters.skipSpace(text, 0);
        while (at < text.length()) {
            if (parts.size() == most) {
                parts.add(text.substring(at));
                break;
            }
            int end = at;
            while (end < text.length() && !Characters.isSpace(text.charAt(end))) {
                end++;
            }
            parts.add(text.substring(at, end));
            at = Characters.skipSpace(text, end);
        }
        return parts;
    }

    static List<Object> spacesFromEnd(String text, long most) {
        List<Object> parts = new ArrayList<>();
        String rest = Characters.stripEnd(text);
        while (!rest.isEmpty()) {
            if (parts.size() == most) {
                parts.add(rest);
                break;
            }
            int start = rest.length();
            while (start > 0 && !Characters.isSpace(rest.charAt(start - 1))) {
                start--;
            }
            parts.add(rest.substring(start));
            rest = Characters.stripEnd(rest.substring(0, start));
        }
        Collections.reverse(parts);
        return parts;
    }

    static List<Object> lines(String text, boolean keepEnds) {
        List<Object> lines = new ArrayList<>();
        int at = 0;
        while (at < text.length()) {
            int end = at;
            while (end < text.length() && LINE_ENDS.indexOf(text.charAt(end)) < 0) {
                end++;
            }
            int next = text.startsWith("\r\n", end) ? end + 2 : Math.min(end + 1, text.length());
            lines.add(text.substring(at, keepEnds ? next : end));
            at = next;
        }
        return lines;
    }

    static String join(String between, List<String> parts) {
        long length = (long) between.length() * parts.size();
        for (String part : parts) {
            length += part.length();
        }
        if (length > Run.MOST_CHARACTERS) {
            throw new TemplateProblem("join makes more than " + Run.MOST_CHARACTERS + " characters");
        }
        return String.join(between, parts);
    }
}
