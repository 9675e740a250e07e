package dev.finetune.lm.template;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The tests behind {@code is}. */
final class Tests {
    private static final Map<String, Test> ALL = all();

    private Tests() {}

    static @Nullable Test get(String name) {
        return ALL.get(name);
    }

    private static Map<String, Test> all() {
        Map<String, Test> all = new HashMap<>();
        plain(all, "defined", value -> !(value instanceof Undefined));
        plain(all, "undefined", value -> value instanceof Undefined);
        plain(all, "none", value -> value == None.NONE);
        plain(all, "boolean", value -> value instanceof Boolean);
        plain(all, "true", value -> Boolean.TRUE.equals(value));
        plain(all, "false", value -> Boolean.FALSE.equals(value));
        plain(all, "integer", Numbers::isInteger);
        plain(all, "float", value -> value instanceof Double);
        plain(all, "number", Numbers::isNumber);
        plain(all, "string", value -> value instanceof String || value instanceof SafeText);
        plain(all, "mapping", value -> value instanceof Map);
        plain(all, "iterable", Sequences::isIterable);
        plain(all, "sequence", Tests::isSequence);
        plain(all, "callable", Tests::isCallable);
        plain(all, "escaped", value -> value instanceof SafeText);
        plain(all, "lower", value -> TextKinds.isLower(Repr.str(value)));
        plain(all, "upper", value -> TextKinds.isUpper(Repr.str(value)));
        plain(all, "odd", value -> remainderIs(value, 2L, 1));
        plain(all, "even", value -> remainderIs(value, 2L, 0));
        all.put("divisibleby", (value, given) -> remainderIs(value, given.bind("divisibleby", "num")[0], 0));
        all.put("sameas", (value, given) -> isSame(value, given.bind("sameas", "other")[0]));
        all.put("in", (value, given) -> Sequences.contains(given.bind("in", "seq")[0], value));
        operator(all, "==", "==", "eq", "equalto");
        operator(all, "!=", "!=", "ne");
        operator(all, ">", ">", "gt", "greaterthan");
        operator(all, ">=", ">=", "ge");
        operator(all, "<", "<", "lt", "lessthan");
        operator(all, "<=", "<=", "le");
        return all;
    }

    private interface Plain {
        boolean holds(Object value);
    }

    private static void plain(Map<String, Test> all, String name, Plain test) {
        all.put(name, (value, given) -> {
            given.bind(name);
            return test.holds(value);
        });
    }

    private static void operator(Map<String, Test> all, String operator, String... names) {
        for (String name : List.of(names)) {
            all.put(name, (value, given) -> Operators.holds(operator, value, given.positional(name, "other")[0]));
        }
    }

    private static boolean isSequence(Object value) {
        return Sequences.isSized(value) && !(value instanceof DictView) && !(value instanceof Loop);
    }

    private static boolean isCallable(Object value) {
        if (value instanceof Loop || value instanceof Undefined) {
            throw TemplateProblem.lacking("whether " + Values.typeName(value) + " is callable");
        }
        return value instanceof Function;
    }

    private static boolean remainderIs(Object value, Object by, long remainder) {
        if (value instanceof Undefined undefined) {
            throw undefined.problem();
        }
        return Values.areEqual(Numbers.calculate("%", value, by), remainder);
    }

    private static boolean isSame(Object value, Object other) {
        if (value instanceof Boolean || value == None.NONE || other instanceof Boolean || other == None.NONE) {
            return value.equals(other);
        }
        throw TemplateProblem.lacking("sameas for anything but true, false and none");
    }
}
