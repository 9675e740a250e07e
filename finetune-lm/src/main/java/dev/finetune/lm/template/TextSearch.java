package dev.finetune.lm.template;

/** Where one string stands in another. */
final class TextSearch {
    private TextSearch() {}

    static Object call(String text, String name, Arguments given) {
        Object[] bound = given.positional(name, "sub", "start?", "end?");
        if (bound[1] != null || bound[2] != null) {
            throw TemplateProblem.lacking(name + "() with a start or an end");
        }
        String sub = TextMethods.string(bound[0]);
        if (name.equals("count")) {
            return sub.isEmpty() ? Characters.length(text) + 1L : count(text, sub);
        }
        int found = name.startsWith("r") ? text.lastIndexOf(sub) : text.indexOf(sub);
        if (found < 0 && name.endsWith("index")) {
            throw new TemplateProblem("the substring " + Repr.of(sub) + " isn't found");
        }
        return found < 0 ? -1L : (long) text.codePointCount(0, found);
    }

    static long count(String text, String sub) {
        long count = 0;
        for (int at = text.indexOf(sub); at >= 0; at = text.indexOf(sub, at + sub.length())) {
            count++;
        }
        return count;
    }

    static Object partition(String text, String name, Arguments given) {
        String separator = TextMethods.string(given.positional(name, "sep")[0]);
        if (separator.isEmpty()) {
            throw new TemplateProblem(name + "() has an empty separator");
        }
        boolean end = name.equals("rpartition");
        int found = end ? text.lastIndexOf(separator) : text.indexOf(separator);
        if (found < 0) {
            return end ? Tuple.of("", "", text) : Tuple.of(text, "", "");
        }
        return Tuple.of(text.substring(0, found), separator, text.substring(found + separator.length()));
    }
}
