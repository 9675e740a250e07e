package dev.finetune.lm.template;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/** How Python writes values: str() and repr(). */
final class Repr {
    private static final int MOST_DEPTH = 200;

    private Repr() {}

    /** As str() writes it, which is how a template prints it. */
    static String str(Object value) {
        if (value instanceof String text) {
            return text;
        }
        if (value instanceof SafeText safe) {
            return safe.text();
        }
        return value instanceof Undefined ? "" : of(value);
    }

    /** As repr() writes it. */
    static String of(Object value) {
        StringBuilder out = new StringBuilder();
        write(value, out, 0);
        return out.toString();
    }

    private static void write(Object value, StringBuilder out, int depth) {
        if (depth > MOST_DEPTH || out.length() > Run.MOST_CHARACTERS) {
            throw new TemplateProblem("a value is too deep or too large to be printed");
        }
        if (value instanceof String text) {
            quote(text, out);
        } else if (value instanceof Boolean truth) {
            out.append(truth ? "True" : "False");
        } else if (value instanceof Double real) {
            out.append(real(real));
        } else if (value == None.NONE) {
            out.append("None");
        } else if (value instanceof Undefined) {
            out.append("Undefined");
        } else if (value instanceof Tuple tuple) {
            all(tuple.items(), "(", tuple.items().size() == 1 ? ",)" : ")", out, depth);
        } else if (value instanceof DictView view) {
            all(view.items(), "dict_" + view.kind() + "([", "])", out, depth);
        } else if (value instanceof Map<?, ?> dict) {
            dict(dict, out, depth);
        } else if (value instanceof List<?> list && !(value instanceof Range)) {
            all(list, "[", "]", out, depth);
        } else if (Numbers.isInteger(value) || value instanceof Range) {
            out.append(value);
        } else {
            throw TemplateProblem.lacking("printing " + Values.typeName(value));
        }
    }

    private static void all(List<?> items, String before, String after, StringBuilder out, int depth) {
        out.append(before);
        for (int i = 0; i < items.size(); i++) {
            out.append(i == 0 ? "" : ", ");
            write(items.get(i), out, depth + 1);
        }
        out.append(after);
    }

    private static void dict(Map<?, ?> dict, StringBuilder out, int depth) {
        out.append('{');
        for (Iterator<? extends Map.Entry<?, ?>> all = dict.entrySet().iterator(); all.hasNext(); ) {
            Map.Entry<?, ?> entry = all.next();
            write(entry.getKey(), out, depth + 1);
            out.append(": ");
            write(entry.getValue(), out, depth + 1);
            out.append(all.hasNext() ? ", " : "");
        }
        out.append('}');
    }

    private static void quote(String text, StringBuilder out) {
        char quote = text.indexOf('\'') >= 0 && text.indexOf('"') < 0 ? '"' : '\'';
        out.append(quote);
        text.codePoints().forEach(c -> {
            if (c == quote || c == '\\') {
                out.append('\\').append((char) c);
            } else if (c == '\n') {
                out.append("\\n");
            } else if (c == '\r') {
                out.append("\\r");
            } else if (c == '\t') {
                out.append("\\t");
            } else if (isPrintable(c)) {
                out.appendCodePoint(c);
            } else {
                out.append(c < 0x100 ? hex("\\x", c, 2) : c < 0x10000 ? hex("\\u", c, 4) : hex("\\U", c, 8));
            }
        });
        out.append(quote);
    }

    static String hex(String prefix, int c, int digits) {
        String hex = Integer.toHexString(c);
        return prefix + "0".repeat(digits - hex.length()) + hex;
    }

    static boolean isPrintable(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.PRIVATE_USE,
                    Character.UNASSIGNED,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR -> false;
            case Character.SPACE_SEPARATOR -> c == ' ';
            default -> true;
        };
    }

    /** The shortest decimal that is read as the same float, with an exponent below 1e-4 and from 1e16. */
    static String real(double value) {
        if (!Double.isFinite(value)) {
            return Double.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
        }
        String sign = Double.compare(value, 0.0) < 0 ? "-" : "";
        if (value == 0) {
            return sign + "0.0";
        }
        BigDecimal exact = new BigDecimal(Math.abs(value));
        BigDecimal shortest = exact;
        for (int digits = 1; digits <= 17; digits++) {
            shortest = exact.round(new MathContext(digits));
            if (shortest.doubleValue() == Math.abs(value)) {
                break;
            }
        }
        String digits = shortest.unscaledValue().toString().replaceAll("0+$", "");
        int exponent = shortest.precision() - shortest.scale() - 1;
        if (exponent < -4 || exponent >= 16) {
            String rest = digits.length() > 1 ? "." + digits.substring(1) : "";
            String magnitude = Math.abs(exponent) < 10 ? "0" + Math.abs(exponent) : "" + Math.abs(exponent);
            return sign + digits.charAt(0) + rest + "e" + (exponent < 0 ? "-" : "+") + magnitude;
        }
        String plain = shortest.stripTrailingZeros().toPlainString();
        return sign + (plain.indexOf('.') < 0 ? plain + ".0" : plain);
    }
}
