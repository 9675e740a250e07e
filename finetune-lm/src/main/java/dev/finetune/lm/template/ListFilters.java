package dev.finetune.lm.template;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Filters that take lists and what is like them. */
final class ListFilters {
    private ListFilters() {}

    static void addTo(Map<String, Filter> all) {
        all.put("list", (run, value, given) -> {
            given.bind("list");
            return Sequences.list(value);
        });
        all.put("first", (run, value, given) -> {
            given.bind("first");
            Iterator<Object> values = Sequences.iterator(value);
            return values.hasNext() ? values.next() : new Undefined("an empty sequence has no first item");
        });
        all.put("last", (run, value, given) -> {
            given.bind("last");
            Iterator<Object> values = Sequences.reversed(value);
            if (values == null) {
                throw TemplateProblem.type("last", value);
            }
            return values.hasNext() ? values.next() : new Undefined("an empty sequence has no last item");
        });
        all.put("reverse", (run, value, given) -> reverse(run, value, given));
        all.put("join", (run, value, given) -> join(run, value, given));
        all.put("items", (run, value, given) -> items(value, given));
        all.put("dictsort", (run, value, given) -> dictSort(value, given));
        all.put("sort", (run, value, given) -> sort(value, given));
        all.put("unique", (run, value, given) -> unique(value, given));
        all.put("min", (run, value, given) -> extreme(value, given, "min"));
        all.put("max", (run, value, given) -> extreme(value, given, "max"));
        all.put("sum", (run, value, given) -> sum(value, given));
    }

    private static Object reverse(Run run, Object value, Arguments given) {
        given.bind("reverse");
        if (value instanceof String text) {
            return run.made(Repr.str(Sequences.slice(text, None.NONE, None.NONE, -1L)));
        }
        Iterator<Object> reversed = Sequences.reversed(value);
        if (reversed != null && !(value instanceof SafeText)) {
            return new OneTime(reversed);
        }
        if (!(value instanceof OneTime)) {
            throw TemplateProblem.type("reverse", value);
        }
        return Sequences.slice(Sequences.list(value), None.NONE, None.NONE, -1L);
    }

    private static Object join(Run run, Object value, Arguments given) {
        Object[] bound = given.bind("join", "d?", "attribute?");
        String between = bound[0] == null ? "" : Repr.str(bound[0]);
        List<String> parts = new ArrayList<>();
        for (Iterator<Object> all = Sequences.iterator(value); all.hasNext(); ) {
            Object item = all.next();
            parts.add(run.made(Repr.str(
                    bound[1] == null || bound[1] == None.NONE
                            ? item
                            : Paths.of(bound[1]).get(item))));
        }
        return run.made(Splits.join(between, parts));
    }

    private static Object items(Object value, Arguments given) {
        given.bind("items");
        if (value instanceof Undefined) {
            return new OneTime(Sequences.iterator(value));
        }
        if (value instanceof Map<?, ?> dict) {
            return new OneTime(DictView.of(dict, "items").items().iterator());
        }
        throw TemplateProblem.type("items", value);
    }

    private static Object dictSort(Object value, Arguments given) {
        Object[] bound = given.bind("dictsort", "case_sensitive?", "by?", "reverse?");
        String by = bound[1] == null ? "key" : Values.string(bound[1], "\"by\" of dictsort");
        if (!(value instanceof Map<?, ?> dict) || !(by.equals("key") || by.equals("value"))) {
            throw TemplateProblem.type("dictsort by " + by, value);
        }
        int place = by.equals("key") ? 0 : 1;
        boolean cased = isSet(bound[0]);
        List<Object> items = new ArrayList<>(DictView.of(dict, "items").items());
        Comparator<Object> order =
                Comparator.comparing(item -> cased(((Tuple) item).items().get(place), cased), Values::compare);
        items.sort(isSet(bound[2]) ? order.reversed() : order);
        return items;
    }

    private static boolean isSet(Object option) {
        return option != null && Values.isTrue(option);
    }

    /** A value that is compared without regard to case, unless that is wanted. */
    private static Object cased(Object value, boolean sensitive) {
        return !sensitive && value instanceof String text ? text.toLowerCase(java.util.Locale.ROOT) : value;
    }

    private static Object sort(Object value, Arguments given) {
        Object[] bound = given.bind("sort", "reverse?", "case_sensitive?", "attribute?");
        boolean cased = isSet(bound[1]);
        List<Object> items = Sequences.list(value);
        List<Paths> paths = Paths.several(bound[2] == null ? None.NONE : bound[2]);
        Comparator<Object> order = Comparator.comparing(
                item -> {
                    List<Object> keys = new ArrayList<>();
                    paths.forEach(path -> keys.add(cased(path.get(item), cased)));
                    return keys;
                },
                Values::compare);
        items.sort(isSet(bound[0]) ? order.reversed() : order);
        return items;
    }

    private static Object unique(Object value, Arguments given) {
        Object[] bound = given.bind("unique", "case_sensitive?", "attribute?");
        Paths path = Paths.of(bound[1] == null ? None.NONE : bound[1]);
        boolean cased = isSet(bound[0]);
        Set<Object> seen = new HashSet<>();
        return OneTime.filtered(Sequences.iterator(value), item -> seen.add(hashed(cased(path.get(item), cased))));
    }

    private static Object hashed(Object value) {
        if (value instanceof Boolean || (value instanceof Double real && Double.isFinite(real) && real % 1 == 0)) {
            return Numbers.isNumber(value) && value instanceof Double real
                    ? Numbers.of(new java.math.BigDecimal(real).toBigInteger())
                    : Numbers.of(Numbers.whole(value));
        }
        return value instanceof Double || value instanceof Undefined ? Repr.of(value) + " itself" : Dicts.key(value);
    }

    private static Object extreme(Object value, Arguments given, String name) {
        Object[] bound = given.bind(name, "case_sensitive?", "attribute?");
        Paths path = Paths.of(bound[1] == null ? None.NONE : bound[1]);
        boolean cased = isSet(bound[0]);
        Object best = null;
        for (Iterator<Object> all = Sequences.iterator(value); all.hasNext(); ) {
            Object item = all.next();
            if (best == null) {
                best = item;
                continue;
            }
            int order = Values.compare(cased(path.get(item), cased), cased(path.get(best), cased));
            best = name.equals("min") ? (order < 0 ? item : best) : order > 0 ? item : best;
        }
        return best == null ? new Undefined("an empty sequence has no " + name) : best;
    }

    private static Object sum(Object value, Arguments given) {
        Object[] bound = given.bind("sum", "attribute?", "start?");
        Paths path = Paths.of(bound[0] == null ? None.NONE : bound[0]);
        Object sum = bound[1] == null ? 0L : bound[1];
        for (Iterator<Object> all = Sequences.iterator(value); all.hasNext(); ) {
            Object item = path.get(all.next());
            if (item instanceof Double || sum instanceof Double) {
                throw TemplateProblem.lacking("the sum of floats");
            }
            sum = Numbers.calculate("+", sum, item);
        }
        return sum;
    }
}
