package dev.finetune.lm.template;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a function, filter or test is called with.
 *
 * @param values without a name
 * @param named with one
 */
record Arguments(List<Object> values, Map<String, Object> named) {
    static Arguments of(Object... values) {
        return new Arguments(List.of(values), Map.of());
    }

    /** All but the first values. */
    Arguments from(int first) {
        return new Arguments(values.subList(Math.min(first, values.size()), values.size()), named);
    }

    Arguments with(String name, Object value) {
        Map<String, Object> more = new LinkedHashMap<>(named);
        more.put(name, value);
        return new Arguments(values, more);
    }

    /**
     * The values in the order of the parameters.
     *
     * @param function what is called, for messages
     * @param parameters names; those that end in "?" may be missing, and are null then
     */
    @Nullable
    Object[] bind(String function, String... parameters) {
        if (values.size() > parameters.length) {
            throw new TemplateProblem(
                    function + "() takes at most " + parameters.length + " arguments, found " + values.size());
        }
        @Nullable Object[] bound = new Object[parameters.length];
        Map<String, Object> left = new LinkedHashMap<>(named);
        for (int i = 0; i < parameters.length; i++) {
            boolean optional = parameters[i].endsWith("?");
            String name = optional ? parameters[i].substring(0, parameters[i].length() - 1) : parameters[i];
            bound[i] = i < values.size() ? values.get(i) : left.remove(name);
            if (bound[i] == null && !optional) {
                throw new TemplateProblem(function + "() lacks its argument " + name);
            }
        }
        if (!left.isEmpty()) {
            throw new TemplateProblem(
                    function + "() has no argument " + left.keySet().iterator().next() + ", or has it already");
        }
        return bound;
    }

    /** The same of a function that takes no names. */
    @Nullable
    Object[] positional(String function, String... parameters) {
        if (!named.isEmpty()) {
            throw new TemplateProblem(function + "() takes no arguments by name, found "
                    + named.keySet().iterator().next());
        }
        return bind(function, parameters);
    }
}
