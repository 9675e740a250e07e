package dev.finetune.lm.template;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** {@code format % values} with %s, %r, %d, %f and %%, without widths; and str.format with plain fields. */
final class PercentFormat {
    private static final Pattern FIELD = Pattern.compile("%(?:(%)|(?:\\.([0-9]{1,2}))?([srdif]))?");
    private static final Pattern BRACES = Pattern.compile("\\{\\{|\\}\\}|\\{([A-Za-z_][A-Za-z_0-9]*|[0-9]*)\\}|[{}]");

    private PercentFormat() {}

    static String format(String format, Object value) {
        if (value instanceof Map || value instanceof SafeText) {
            throw TemplateProblem.lacking("\"%\" with a string and " + Values.typeName(value));
        }
        List<Object> values = value instanceof Tuple tuple ? tuple.items() : List.of(value);
        StringBuilder out = new StringBuilder();
        Matcher fields = FIELD.matcher(format);
        int used = 0;
        while (fields.find()) {
            String written = "%";
            if (fields.group(1) == null) {
                if (fields.group(3) == null) {
                    throw TemplateProblem.lacking("the conversion at \"" + format.substring(fields.start()) + "\"");
                }
                if (used >= values.size()) {
                    throw new TemplateProblem("there are too few values for the format \"" + format + "\"");
                }
                written = converted(fields.group(3), fields.group(2), values.get(used++));
            }
            fields.appendReplacement(out, Matcher.quoteReplacement(written));
        }
        if (used < values.size()) {
            throw new TemplateProblem("there are more values than the format \"" + format + "\" has places for");
        }
        return fields.appendTail(out).toString();
    }

    private static String converted(String kind, String precision, Object value) {
        if (kind.equals("f") && Numbers.isNumber(value) && Double.isFinite(Numbers.real(value))) {
            double real = Numbers.real(value);
            int digits = precision == null ? 6 : Integer.parseInt(precision);
            String plain = new BigDecimal(Math.abs(real))
                    .setScale(digits, RoundingMode.HALF_EVEN)
                    .toPlainString();
            return (Double.compare(real, 0.0) < 0 ? "-" : "") + plain;
        }
        boolean whole = value instanceof Boolean || Numbers.isInteger(value);
        if (precision != null || (!kind.equals("s") && !kind.equals("r") && !whole)) {
            throw TemplateProblem.lacking("the conversion %" + kind + " of " + Values.typeName(value));
        }
        return whole && (kind.equals("d") || kind.equals("i"))
                ? Numbers.whole(value).toString()
                : kind.equals("r") ? Repr.of(value) : Repr.str(value);
    }

    /** {@code "{} {0} {name}".format(...)}. */
    static String braces(String format, Arguments arguments) {
        StringBuilder out = new StringBuilder();
        Matcher fields = BRACES.matcher(format);
        int next = 0;
        boolean numbered = false;
        while (fields.find()) {
            String field = fields.group();
            String name = fields.group(1);
            if (field.length() == 1) {
                throw TemplateProblem.lacking("the field at \"" + format.substring(fields.start()) + "\" of format()");
            }
            numbered |= name != null && !name.isEmpty() && Character.isDigit(name.charAt(0));
            String written = name == null ? field.substring(1) : "";
            if (name != null && name.isEmpty()) {
                written = Repr.str(argument(arguments, next++));
            } else if (name != null && Character.isDigit(name.charAt(0))) {
                written = Repr.str(argument(arguments, name.length() > 4 ? -1 : Integer.parseInt(name)));
            } else if (name != null) {
                Object value = arguments.named().get(name);
                if (value == null) {
                    throw new TemplateProblem("format() lacks the argument " + name);
                }
                written = Repr.str(value);
            }
            fields.appendReplacement(out, Matcher.quoteReplacement(written));
        }
        if (numbered && next > 0) {
            throw new TemplateProblem("format() has fields with numbers and without");
        }
        return fields.appendTail(out).toString();
    }

    private static Object argument(Arguments arguments, int place) {
        if (place < 0 || place >= arguments.values().size()) {
            throw new TemplateProblem("format() has too few arguments");
        }
        return arguments.values().get(place);
    }
}
