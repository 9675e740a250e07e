package dev.finetune.lm.template;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Values of templates: String, SafeText, Boolean, Long or BigInteger, Double, None, Undefined, List (also Range), Tuple, Map,
 * DictView, OneTime, Namespace, Loop and Function; none changes but the last four.
 */
final class Values {
    private static final int MOST_DEPTH = 200;

    private Values() {}

    /** A value of Java (null, truth, numbers, strings, lists, maps of strings) as one of templates. */
    static Object of(@Nullable Object value) {
        return of(value, 0);
    }

    private static Object of(@Nullable Object value, int depth) {
        if (depth > MOST_DEPTH) {
            throw new TemplateProblem("a value has more than " + MOST_DEPTH + " levels");
        }
        if (value == null) {
            return None.NONE;
        }
        if (value instanceof String || value instanceof Boolean || value instanceof Long || value instanceof Double) {
            return value;
        }
        if (value instanceof BigInteger big) {
            return Numbers.of(big);
        }
        if (value instanceof Integer || value instanceof Short || value instanceof Byte) {
            return ((Number) value).longValue();
        }
        if (value instanceof Float || value instanceof BigDecimal) {
            return ((Number) value).doubleValue();
        }
        if (value instanceof Map<?, ?> map) {
            Map<Object, Object> dict = new LinkedHashMap<>();
            map.forEach((key, inner) -> dict.put(Dicts.key(of(key, depth + 1)), of(inner, depth + 1)));
            return dict;
        }
        if (value instanceof Collection<?> all) {
            List<Object> list = new ArrayList<>(all.size());
            all.forEach(inner -> list.add(of(inner, depth + 1)));
            return list;
        }
        throw new TemplateProblem("a value is a " + value.getClass().getName()
                + ", expected null, a truth value, a number, a string, a list, or a map of such");
    }

    static boolean isTrue(Object value) {
        if (value instanceof Boolean truth) {
            return truth;
        }
        if (value instanceof Double real) {
            return real != 0;
        }
        if (Numbers.isInteger(value)) {
            return Numbers.whole(value).signum() != 0;
        }
        return value != None.NONE && (!Sequences.isSized(value) || Sequences.length(value) > 0);
    }

    /** The text of a value that must be text; safe text is none, since what is done with it escapes. */
    static String string(@Nullable Object value, String what) {
        if (value instanceof String text) {
            return text;
        }
        if (value instanceof SafeText) {
            throw TemplateProblem.lacking(what + " made of safe text");
        }
        if (value instanceof Undefined undefined) {
            throw undefined.problem();
        }
        throw TemplateProblem.type(what, value == null ? None.NONE : value);
    }

    /** As many filters take their value: a string as it is, anything else as it prints. */
    static String soft(Object value, String what) {
        return value instanceof SafeText ? string(value, what) : Repr.str(value);
    }

    static boolean areEqual(Object left, Object right) {
        Object a = left instanceof SafeText safe ? safe.text() : left;
        Object b = right instanceof SafeText safe ? safe.text() : right;
        if (Numbers.isNumber(a) && Numbers.isNumber(b)) {
            return Numbers.equal(a, b);
        }
        if (a instanceof Tuple first && b instanceof Tuple second) {
            return areEqualLists(first.items(), second.items());
        }
        if (a instanceof List<?> first && b instanceof List<?> second) {
            return (a instanceof Range) == (b instanceof Range) && areEqualLists(first, second);
        }
        if (a instanceof Map<?, ?> first && b instanceof Map<?, ?> second) {
            return first.size() == second.size()
                    && first.entrySet().stream()
                            .allMatch(entry -> second.containsKey(entry.getKey())
                                    && areEqual(entry.getValue(), second.get(entry.getKey())));
        }
        if (a instanceof Undefined && b instanceof Undefined) {
            return true;
        }
        if (a instanceof DictView && b instanceof DictView) {
            throw TemplateProblem.lacking("comparing " + typeName(a));
        }
        return a instanceof String || a == None.NONE ? a.equals(b) : a == b;
    }

    private static boolean areEqualLists(List<?> first, List<?> second) {
        if (first.size() != second.size()) {
            return false;
        }
        for (int i = 0; i < first.size(); i++) {
            if (!areEqual(first.get(i), second.get(i))) {
                return false;
            }
        }
        return true;
    }

    /** How two values are ordered, where they are. */
    static int compare(Object left, Object right) {
        Object a = left instanceof SafeText safe ? safe.text() : left;
        Object b = right instanceof SafeText safe ? safe.text() : right;
        if (Numbers.isNumber(a) && Numbers.isNumber(b)) {
            if (Numbers.isNan(a) || Numbers.isNan(b)) {
                throw TemplateProblem.lacking("ordering nan");
            }
            return Numbers.compare(a, b);
        }
        if (a instanceof String first && b instanceof String second) {
            return compareTexts(first, second);
        }
        if (a instanceof Tuple first && b instanceof Tuple second) {
            return compareLists(first.items(), second.items());
        }
        if (a instanceof List<?> first && b instanceof List<?> second && !(a instanceof Range || b instanceof Range)) {
            return compareLists(first, second);
        }
        throw a instanceof Undefined undefined
                ? undefined.problem()
                : b instanceof Undefined other
                        ? other.problem()
                        : new TemplateProblem(typeName(a) + " and " + typeName(b) + " have no order");
    }

    private static int compareTexts(String first, String second) {
        int same = 0;
        int most = Math.min(first.length(), second.length());
        while (same < most && first.charAt(same) == second.charAt(same)) {
            same++;
        }
        if (same == most) {
            return Integer.compare(first.length(), second.length());
        }
        // Surrogates stand for what is greater than all other units.
        char a = first.charAt(same);
        char b = second.charAt(same);
        boolean mixed = Character.isSurrogate(a) != Character.isSurrogate(b);
        return mixed ? (Character.isSurrogate(a) ? 1 : -1) : Character.compare(a, b);
    }

    private static int compareLists(List<?> first, List<?> second) {
        for (int i = 0; i < Math.min(first.size(), second.size()); i++) {
            if (!areEqual(first.get(i), second.get(i))) {
                return compare(first.get(i), second.get(i));
            }
        }
        return Integer.compare(first.size(), second.size());
    }

    /** What Python calls the type, for messages. */
    static String typeName(Object value) {
        if (value instanceof Boolean) {
            return "a bool";
        }
        if (value instanceof String || value instanceof SafeText) {
            return "a string";
        }
        if (Numbers.isInteger(value)) {
            return "an integer";
        }
        if (value instanceof Double) {
            return "a float";
        }
        if (value instanceof Undefined) {
            return "something undefined";
        }
        if (value instanceof OneTime) {
            return "a generator";
        }
        if (value instanceof DictView view) {
            return "dict_" + view.kind();
        }
        if (value instanceof Map) {
            return "a dict";
        }
        if (value instanceof Range) {
            return "a range";
        }
        if (value instanceof List) {
            return "a list";
        }
        return value == None.NONE
                ? "None"
                : value instanceof Tuple
                        ? "a tuple"
                        : value instanceof Namespace ? "a namespace" : value instanceof Loop ? "loop" : "a function";
    }
}
