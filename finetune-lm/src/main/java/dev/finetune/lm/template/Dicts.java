package dev.finetune.lm.template;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Dictionaries: their keys, how they are made, and what can be asked of them. */
final class Dicts {
    private Dicts() {}

    /** A value as a key: a string, an integer, None, or a tuple of these. */
    static Object key(Object value) {
        if (value instanceof SafeText safe) {
            return safe.text();
        }
        if (value instanceof String || value instanceof Long || value == None.NONE) {
            return value;
        }
        if (value instanceof Tuple tuple) {
            tuple.items().forEach(Dicts::key);
            return value;
        }
        if (!isHashable(value)) {
            throw new TemplateProblem(Values.typeName(value) + " can't be a key: it is unhashable");
        }
        throw TemplateProblem.lacking(Values.typeName(value) + " as a key of a dict");
    }

    static boolean isHashable(Object value) {
        return !(value instanceof Map
                        || value instanceof DictView
                        || (value instanceof List && !(value instanceof Range)))
                && !(value instanceof Tuple tuple && !tuple.items().stream().allMatch(Dicts::isHashable));
    }

    /** What {@code dict(...)} makes. */
    static Map<Object, Object> made(Arguments arguments, String function) {
        Map<Object, Object> made = new LinkedHashMap<>();
        if (arguments.values().size() > 1) {
            throw new TemplateProblem(function + "() takes at most 1 argument without a name");
        }
        for (Object value : arguments.values()) {
            if (value instanceof Map<?, ?> dict) {
                made.putAll(dict);
            } else {
                Sequences.iterator(value).forEachRemaining(pair -> {
                    List<Object> two = Sequences.list(pair);
                    if (two.size() != 2) {
                        throw new TemplateProblem(function + "() takes pairs, found " + two.size() + " values");
                    }
                    made.put(key(two.get(0)), two.get(1));
                });
            }
        }
        made.putAll(arguments.named());
        return made;
    }

    static Object method(Map<?, ?> dict, String name, Arguments arguments) {
        switch (name) {
            case "get" -> {
                Object[] given = arguments.positional("get", "key", "default?");
                Object value = dict.get(key(given[0]));
                return value != null ? value : given[1] == null ? None.NONE : given[1];
            }
            case "keys", "values", "items" -> {
                arguments.positional(name);
                return DictView.of(dict, name);
            }
            case "copy" -> {
                arguments.positional(name);
                return dict;
            }
            default -> throw TemplateProblem.lacking("dict." + name + "()");
        }
    }

    static Iterator<Object> keys(Map<?, ?> dict) {
        return DictView.of(dict, "keys").items().iterator();
    }
}
