package dev.finetune.lm.template;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Filters that make text of text. */
final class TextFilters {
    private static final Pattern BETWEEN_WORDS = Pattern.compile("[-" + Characters.SPACES + "({\\[<]+");

    private TextFilters() {}

    static void addTo(Map<String, Filter> all) {
        all.put(
                "trim",
                (run, value, given) ->
                        TextMethods.strip(Values.soft(value, "trim"), "strip", given.bind("trim", "chars?")[0]));
        all.put("upper", (run, value, given) -> changed(run, value, "upper", given));
        all.put("lower", (run, value, given) -> changed(run, value, "lower", given));
        all.put("capitalize", (run, value, given) -> changed(run, value, "capitalize", given));
        all.put("title", (run, value, given) -> title(value, given));
        all.put("replace", (run, value, given) -> replace(run, value, given));
        all.put("indent", (run, value, given) -> indent(run, value, given));
        all.put("center", (run, value, given) -> center(run, value, given));
        all.put("format", (run, value, given) -> format(run, value, given));
        all.put("truncate", (run, value, given) -> truncate(value, given));
    }

    private static Object changed(Run run, Object value, String name, Arguments given) {
        given.bind(name);
        return run.made((String) TextMethods.call(Values.soft(value, name), name, Arguments.of()));
    }

    /** The first letter of each word in upper case, all others in lower case. */
    private static Object title(Object value, Arguments given) {
        given.bind("title");
        String text = Values.soft(value, "title");
        StringBuilder out = new StringBuilder();
        Matcher between = BETWEEN_WORDS.matcher(text);
        int at = 0;
        while (between.find()) {
            word(text.substring(at, between.start()), out);
            out.append(between.group());
            at = between.end();
        }
        word(text.substring(at), out);
        return out.toString();
    }

    private static void word(String word, StringBuilder out) {
        int first = word.isEmpty() ? 0 : word.offsetByCodePoints(0, 1);
        out.append(word.substring(0, first).toUpperCase(Locale.ROOT))
                .append(word.substring(first).toLowerCase(Locale.ROOT));
    }

    private static Object replace(Run run, Object value, Arguments given) {
        Object[] bound = given.bind("replace", "old", "new", "count?");
        long most = bound[2] == null || bound[2] == None.NONE ? -1 : Numbers.index(bound[2]);
        return run.made(TextMethods.replace(Repr.str(value), Repr.str(bound[0]), Repr.str(bound[1]), most));
    }

    private static Object indent(Run run, Object value, Arguments given) {
        Object[] bound = given.bind("indent", "width?", "first?", "blank?");
        long width = bound[0] == null || bound[0] instanceof String ? 4 : Numbers.index(bound[0]);
        if (width > 1000) {
            throw TemplateProblem.lacking("an indent of more than 1000");
        }
        String indent = bound[0] instanceof String text ? text : " ".repeat((int) Math.max(0, width));
        boolean blank = bound[2] != null && Values.isTrue(bound[2]);
        String text = Values.string(value, "indent");
        List<Object> lines = Splits.lines(text + "\n", false);
        long size = text.length() + (long) lines.size() * indent.length();
        run.size(size);
        StringBuilder out = new StringBuilder(bound[1] != null && Values.isTrue(bound[1]) ? indent : "");
        for (int i = 0; i < lines.size(); i++) {
            String line = (String) lines.get(i);
            out.append(i == 0 ? "" : "\n")
                    .append(i > 0 && (blank || !line.isEmpty()) ? indent : "")
                    .append(line);
        }
        return out.toString();
    }

    private static Object center(Run run, Object value, Arguments given) {
        Object[] bound = given.bind("center", "width?");
        Object width = bound[0] == null ? 80L : bound[0];
        return run.made((String) TextMethods.pad(Values.soft(value, "center"), "center", Arguments.of(width)));
    }

    private static Object format(Run run, Object value, Arguments given) {
        if (!given.named().isEmpty()) {
            throw TemplateProblem.lacking("the filter format with names");
        }
        return run.made(PercentFormat.format(Values.soft(value, "format"), new Tuple(given.values())));
    }

    private static Object truncate(Object value, Arguments given) {
        Object[] bound = given.bind("truncate", "length?", "killwords?", "end?", "leeway?");
        String text = Values.string(value, "truncate");
        String end = bound[2] == null ? "..." : Values.string(bound[2], "the end of truncate");
        long length = bound[0] == null ? 255 : Numbers.index(bound[0]);
        long leeway = bound[3] == null || bound[3] == None.NONE ? 5 : Numbers.index(bound[3]);
        long kept = length - Characters.length(end);
        if (kept < 0 || leeway < 0) {
            throw new TemplateProblem(
                    "truncate needs a length of at least that of its end, and a leeway of at least 0");
        }
        if (Characters.length(text) <= length + leeway) {
            return text;
        }
        String start = Characters.part(text, 0, (int) kept);
        boolean inWords = bound[1] != null && Values.isTrue(bound[1]);
        int space = inWords ? -1 : start.lastIndexOf(' ');
        return (space < 0 ? start : start.substring(0, space)) + end;
    }
}
