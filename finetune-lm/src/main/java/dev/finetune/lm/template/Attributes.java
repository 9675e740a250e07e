package dev.finetune.lm.template;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What {@code value.name} and {@code value[key]} are, as Jinja's sandbox looks for them. */
final class Attributes {
    private static final Set<String> OF_STRINGS =
            words("capitalize casefold center count encode endswith expandtabs find"
                    + " format format_map index isalnum isalpha isascii isdecimal isdigit isidentifier islower isnumeric"
                    + " isprintable isspace istitle isupper join ljust lower lstrip maketrans partition removeprefix"
                    + " removesuffix replace rfind rindex rjust rpartition rsplit rstrip split splitlines startswith strip"
                    + " swapcase title translate upper zfill");
    private static final Set<String> OF_DICTS = words("copy fromkeys get items keys values");
    private static final Set<String> OF_LISTS = words("copy count index");
    private static final Set<String> OF_NUMBERS =
            words("as_integer_ratio bit_count bit_length conjugate denominator from_bytes"
                    + " fromhex hex imag is_integer numerator real to_bytes");
    private static final Set<String> OF_GENERATORS = words("close gi_code gi_frame gi_running gi_yieldfrom send throw");
    private static final Set<String> OF_TUPLES = words("count index");
    private static final Set<String> CHANGES_DICTS = words("clear pop popitem setdefault update");
    private static final Set<String> CHANGES_LISTS = words("append clear extend insert pop remove reverse sort");

    private Attributes() {}

    private static Set<String> words(String words) {
        return Set.of(words.split(" "));
    }

    /** {@code value.name}: the attribute, else what a dictionary has under that key. */
    static Object attribute(Object value, String name) {
        Object found = own(value, name);
        if (found != null) {
            return found;
        }
        Object item = value instanceof Map<?, ?> dict ? dict.get(name) : null;
        return item == null ? Undefined.of(value, name) : item;
    }

    /** {@code value[key]}: what is there, else the attribute of that name. */
    static Object item(Object value, Object key) {
        if (value instanceof Undefined undefined) {
            throw undefined.problem();
        }
        Object found = found(value, key);
        if (found == null && (key instanceof String || key instanceof SafeText)) {
            found = own(value, Repr.str(key));
        }
        return found == null ? Undefined.of(value, key instanceof Undefined ? "such key" : key) : found;
    }

    private static @Nullable Object found(Object value, Object key) {
        if (value instanceof Map<?, ?> dict) {
            return Dicts.isHashable(key) && !(key instanceof Undefined) ? dict.get(Dicts.key(key)) : null;
        }
        boolean placed =
                value instanceof String || value instanceof SafeText || value instanceof List || value instanceof Tuple;
        boolean place = key instanceof Boolean || Numbers.isInteger(key);
        return placed && place ? Sequences.at(value, Numbers.index(key)) : null;
    }

    /** A method or another attribute of the value's type; null where the type has none of that name. */
    private static @Nullable Object own(Object value, String name) {
        if (value instanceof Undefined undefined) {
            throw undefined.problem();
        }
        if (name.startsWith("__")) {
            throw new TemplateProblem("\"" + name + "\" is one of Python's own attributes, which the sandbox forbids");
        }
        if (value instanceof String) {
            return method(OF_STRINGS, name, (run, given) -> TextMethods.call((String) value, name, given));
        }
        if (value instanceof Map<?, ?> dict) {
            return CHANGES_DICTS.contains(name)
                    ? unsafe(value, name)
                    : method(OF_DICTS, name, (run, given) -> Dicts.method(dict, name, given));
        }
        if (value instanceof List && !(value instanceof Range)) {
            return CHANGES_LISTS.contains(name)
                    ? unsafe(value, name)
                    : method(OF_LISTS, name, (run, given) -> Sequences.method(value, name, given));
        }
        if (value instanceof Tuple) {
            return method(OF_TUPLES, name, (run, given) -> Sequences.method(value, name, given));
        }
        if (value instanceof Namespace namespace) {
            return namespace.get(name);
        }
        if (value instanceof Loop loop) {
            return loop.get(name);
        }
        if (value == None.NONE
                || (Numbers.isNumber(value) && !OF_NUMBERS.contains(name))
                || (value instanceof OneTime && !OF_GENERATORS.contains(name))) {
            return null;
        }
        throw TemplateProblem.lacking("the attribute \"" + name + "\" of " + Values.typeName(value));
    }

    private static @Nullable Object method(Set<String> known, String name, Function method) {
        return known.contains(name) ? method : null;
    }

    private static Undefined unsafe(Object value, String name) {
        return new Undefined(
                name + "() changes " + Values.typeName(value) + ", which the sandbox of chat templates forbids");
    }
}
