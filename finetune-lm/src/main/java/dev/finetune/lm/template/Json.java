package dev.finetune.lm.template;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The filter {@code tojson} of Transformers: Python's json.dumps, which escapes neither HTML nor, by default, other scripts. */
final class Json {
    private static final int MOST_DEPTH = 200;

    private final StringBuilder out = new StringBuilder();
    private final boolean ascii;
    private final @Nullable String indent;
    private final String comma;
    private final String colon;
    private final boolean sorted;

    private Json(Object[] options) {
        ascii = options[0] != null && Values.isTrue(options[0]);
        indent = indent(options[1]);
        boolean given = options[2] != null && options[2] != None.NONE;
        List<Object> separators = given ? Sequences.list(options[2]) : List.of();
        if (given && separators.size() != 2) {
            throw new TemplateProblem("tojson takes two separators, found " + separators.size());
        }
        comma = given ? Values.string(separators.get(0), "a separator") : indent == null ? ", " : ",";
        colon = given ? Values.string(separators.get(1), "a separator") : ": ";
        sorted = options[3] != null && Values.isTrue(options[3]);
    }

    static Object write(Run run, Object value, Arguments arguments) {
        Json json = new Json(arguments.bind("tojson", "ensure_ascii?", "indent?", "separators?", "sort_keys?"));
        json.write(value, 0);
        return run.made(json.out.toString());
    }

    private static @Nullable String indent(@Nullable Object option) {
        if (option == null || option == None.NONE) {
            return null;
        }
        if (option instanceof String text) {
            return text;
        }
        long width = Numbers.index(option);
        if (width > 100) {
            throw TemplateProblem.lacking("an indent of more than 100");
        }
        return " ".repeat((int) Math.max(0, width));
    }

    private void write(Object value, int depth) {
        if (depth > MOST_DEPTH || out.length() > Run.MOST_CHARACTERS) {
            throw new TemplateProblem("a value is too deep or too large for tojson");
        }
        if (value instanceof String || value instanceof SafeText) {
            quote(Repr.str(value));
        } else if (value instanceof Map<?, ?> dict) {
            object(dict, depth);
        } else if (value instanceof Tuple tuple) {
            array(tuple.items(), depth);
        } else if (value instanceof List<?> list && !(value instanceof Range)) {
            array(list, depth);
        } else if (value == None.NONE || Numbers.isNumber(value)) {
            out.append(scalar(value));
        } else {
            throw TemplateProblem.type("tojson", value);
        }
    }

    private static String scalar(Object value) {
        if (value == None.NONE) {
            return "null";
        }
        if (value instanceof Boolean truth) {
            return truth ? "true" : "false";
        }
        if (value instanceof Double real && !Double.isFinite(real)) {
            return real.isNaN() ? "NaN" : real > 0 ? "Infinity" : "-Infinity";
        }
        return Repr.of(value);
    }

    private void array(List<?> items, int depth) {
        out.append('[');
        for (int i = 0; i < items.size(); i++) {
            out.append(i == 0 ? "" : comma);
            line(depth + 1);
            write(items.get(i), depth + 1);
        }
        if (!items.isEmpty()) {
            line(depth);
        }
        out.append(']');
    }

    private void object(Map<?, ?> dict, int depth) {
        out.append('{');
        boolean first = true;
        for (Map.Entry<?, ?> entry : (sorted ? sorted(dict) : dict).entrySet()) {
            out.append(first ? "" : comma);
            first = false;
            line(depth + 1);
            Object key = entry.getKey();
            if (key instanceof Tuple) {
                throw TemplateProblem.type("a key of tojson", key);
            }
            quote(key instanceof String text ? text : scalar(key));
            out.append(colon);
            write(entry.getValue(), depth + 1);
        }
        if (!first) {
            line(depth);
        }
        out.append('}');
    }

    private static Map<Object, Object> sorted(Map<?, ?> dict) {
        List<Object> keys = new ArrayList<>(dict.keySet());
        keys.sort(Values::compare);
        Map<Object, Object> sorted = new LinkedHashMap<>();
        keys.forEach(key -> sorted.put(key, dict.get(key)));
        return sorted;
    }

    private void line(int depth) {
        if (indent != null) {
            out.append('\n').append(indent.repeat(depth));
        }
    }

    private void quote(String text) {
        out.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            int simple = "\"\\\n\r\t\b\f".indexOf(c);
            if (simple >= 0) {
                out.append('\\').append("\"\\nrtbf".charAt(simple));
            } else if (c < 0x20 || (ascii && c > 126)) {
                out.append(c == 127 ? "\u007f" : Repr.hex("\\u", c, 4));
            } else {
                out.append(c);
            }
        }
        out.append('"');
    }
}
