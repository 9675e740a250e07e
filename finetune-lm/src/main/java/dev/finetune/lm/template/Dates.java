package dev.finetune.lm.template;

import java.time.Clock;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Map;

/** C's strftime in its own locale, as Python's datetime writes a time. */
final class Dates {
    private static final Map<Character, String> PATTERNS = Map.ofEntries(
            Map.entry('a', "EEE"),
            Map.entry('A', "EEEE"),
            Map.entry('b', "MMM"),
            Map.entry('B', "MMMM"),
            Map.entry('d', "dd"),
            Map.entry('m', "MM"),
            Map.entry('y', "yy"),
            Map.entry('Y', "uuuu"),
            Map.entry('H', "HH"),
            Map.entry('I', "hh"),
            Map.entry('M', "mm"),
            Map.entry('S', "ss"),
            Map.entry('p', "a"),
            Map.entry('j', "DDD"),
            Map.entry('F', "uuuu-MM-dd"),
            Map.entry('T', "HH:mm:ss"));
    private static final Map<Character, String> UNPADDED =
            Map.of('d', "d", 'm', "M", 'H', "H", 'I', "h", 'M', "m", 'S', "s", 'j', "D");

    private Dates() {}

    static String format(String format, Clock clock) {
        LocalDateTime now = LocalDateTime.now(clock);
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < format.length(); i++) {
            char c = format.charAt(i);
            if (c != '%') {
                out.append(c);
                continue;
            }
            boolean unpadded = format.startsWith("%-", i);
            i += unpadded ? 2 : 1;
            char directive = i < format.length() ? format.charAt(i) : ' ';
            String pattern = (unpadded ? UNPADDED : PATTERNS).get(directive);
            if (pattern != null) {
                out.append(now.format(DateTimeFormatter.ofPattern(pattern, Locale.ENGLISH)));
            } else if (directive == '%' && !unpadded) {
                out.append('%');
            } else {
                throw TemplateProblem.lacking("the directive at \"" + format.substring(format.lastIndexOf('%', i))
                        + "\" in the format of strftime_now()");
            }
        }
        return out.toString();
    }
}
