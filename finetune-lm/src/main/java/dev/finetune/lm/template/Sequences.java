package dev.finetune.lm.template;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What texts, lists, tuples and dictionaries share: length, iteration, membership, places and slices. */
final class Sequences {
    private Sequences() {}

    static boolean isSized(Object value) {
        return value instanceof String
                || value instanceof SafeText
                || value instanceof List
                || value instanceof Tuple
                || value instanceof Map
                || value instanceof DictView
                || value instanceof Undefined
                || value instanceof Loop;
    }

    static boolean isIterable(Object value) {
        return isSized(value) || value instanceof OneTime;
    }

    static int length(Object value) {
        if (value instanceof String text) {
            return Characters.length(text);
        }
        if (value instanceof SafeText safe) {
            return Characters.length(safe.text());
        }
        if (value instanceof Map<?, ?> dict) {
            return dict.size();
        }
        if (value instanceof Undefined) {
            return 0;
        }
        if (value instanceof Loop loop) {
            return loop.length();
        }
        List<?> items = items(value);
        if (items == null) {
            throw TemplateProblem.type("length", value);
        }
        return items.size();
    }

    /** What lists, tuples and views hold; null for others. */
    private static @Nullable List<?> items(Object value) {
        if (value instanceof List<?> list) {
            return list;
        }
        return value instanceof Tuple tuple ? tuple.items() : value instanceof DictView view ? view.items() : null;
    }

    static Iterator<Object> iterator(Object value) {
        if (value instanceof String || value instanceof SafeText) {
            return Repr.str(value)
                    .codePoints()
                    .<Object>mapToObj(Character::toString)
                    .iterator();
        }
        if (value instanceof Map<?, ?> dict) {
            return Dicts.keys(dict);
        }
        if (value instanceof OneTime once) {
            return once.values();
        }
        if (value instanceof Undefined) {
            return Collections.emptyIterator();
        }
        List<?> items = items(value);
        if (items == null) {
            throw TemplateProblem.type("a loop over values", value);
        }
        return Collections.<Object>unmodifiableList(items).iterator();
    }

    static List<Object> list(Object value) {
        List<Object> list = new ArrayList<>();
        for (Iterator<Object> all = iterator(value); all.hasNext(); ) {
            if (list.size() >= Run.MOST_ITEMS) {
                throw new TemplateProblem("a list has more than " + Run.MOST_ITEMS + " values");
            }
            list.add(all.next());
        }
        return list;
    }

    static boolean contains(Object all, Object value) {
        if (all instanceof String || all instanceof SafeText) {
            if (!(value instanceof String || value instanceof SafeText)) {
                throw TemplateProblem.type("\"in\" a string", value);
            }
            return Repr.str(all).contains(Repr.str(value));
        }
        if (all instanceof Map<?, ?> dict) {
            return dict.containsKey(Dicts.key(value));
        }
        if (all instanceof DictView view && view.kind().equals("keys")) {
            Dicts.key(value);
        }
        for (Iterator<Object> items = iterator(all); items.hasNext(); ) {
            if (Values.areEqual(items.next(), value)) {
                return true;
            }
        }
        return false;
    }

    /** What stands at a place, from the end where it is below 0; null where there is none. */
    static @Nullable Object at(Object value, long place) {
        boolean text = value instanceof String || value instanceof SafeText;
        int length = length(value);
        long at = place < 0 ? place + length : place;
        if (at < 0 || at >= length) {
            return null;
        }
        if (text) {
            String part = Characters.part(Repr.str(value), (int) at, (int) at + 1);
            return value instanceof SafeText ? new SafeText(part) : part;
        }
        List<?> items = items(value);
        return items == null ? null : items.get((int) at);
    }

    /** {@code value[from:to:by]}. */
    static Object slice(Object value, Object from, Object to, Object by) {
        boolean text = value instanceof String;
        if (!text && !(value instanceof List) && !(value instanceof Tuple)) {
            throw value instanceof Undefined undefined ? undefined.problem() : TemplateProblem.type("a slice", value);
        }
        int length = length(value);
        long step = by == None.NONE ? 1 : Numbers.index(by);
        if (step == 0) {
            throw new TemplateProblem("the step of a slice is 0");
        }
        long lowest = step > 0 ? 0 : -1;
        long highest = step > 0 ? length : length - 1L;
        long start = bound(from, step > 0 ? lowest : highest, length, lowest, highest);
        long stop = bound(to, step > 0 ? highest : lowest, length, lowest, highest);
        if (value instanceof Range range) {
            return range.part(start, stop, step);
        }
        if (text && step == 1) {
            return Characters.part((String) value, (int) start, (int) Math.max(start, stop));
        }
        List<?> all = text ? list(value) : items(value);
        List<Object> part = new ArrayList<>();
        for (long i = start; all != null && (step > 0 ? i < stop : i > stop); i += step) {
            part.add(all.get((int) i));
        }
        if (text) {
            return String.join("", part.stream().map(Repr::str).toList());
        }
        return value instanceof Tuple ? new Tuple(part) : part;
    }

    private static long bound(Object given, long absent, int length, long lowest, long highest) {
        if (given == None.NONE) {
            return absent;
        }
        long place = Numbers.index(given);
        return Math.max(lowest, Math.min(highest, place < 0 ? place + length : place));
    }

    /** The values from the last to the first. */
    static @Nullable Iterator<Object> reversed(Object value) {
        if (value instanceof OneTime || !isIterable(value) || value instanceof Loop) {
            return null;
        }
        List<Object> all = list(value);
        Collections.reverse(all);
        return all.iterator();
    }

    static Object method(Object value, String name, Arguments arguments) {
        List<?> items = items(value);
        if (items == null || value instanceof Range || value instanceof DictView) {
            throw TemplateProblem.lacking(name + "() of " + Values.typeName(value));
        }
        switch (name) {
            case "count" -> {
                Object wanted = arguments.positional("count", "value")[0];
                return items.stream()
                        .filter(item -> Values.areEqual(item, wanted))
                        .count();
            }
            case "index" -> {
                Object wanted = arguments.positional("index", "value")[0];
                for (int i = 0; i < items.size(); i++) {
                    if (Values.areEqual(items.get(i), wanted)) {
                        return (long) i;
                    }
                }
                throw new TemplateProblem(Repr.of(wanted) + " is not in " + Values.typeName(value));
            }
            case "copy" -> {
                arguments.positional(name);
                return value;
            }
            default -> throw TemplateProblem.lacking(name + "() of " + Values.typeName(value));
        }
    }
}
