package dev.finetune.lm.template;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Filters that make numbers. */
final class NumberFilters {
    private static final Pattern INTEGER = Pattern.compile("[+-]?[0-9](?:_?[0-9]){0,1000}");
    private static final Pattern REAL =
            Pattern.compile("[+-]?(?:[0-9](?:_?[0-9])*(?:\\.(?:[0-9](?:_?[0-9])*)?)?|\\.[0-9](?:_?[0-9])*)"
                    + "(?:[eE][+-]?[0-9](?:_?[0-9])*)?");
    private static final Pattern NO_NUMBER = Pattern.compile("[+-]?(?:inf|infinity|nan)");

    private NumberFilters() {}

    static void addTo(Map<String, Filter> all) {
        all.put("abs", (run, value, given) -> {
            given.positional("abs");
            return Numbers.absolute(known(value));
        });
        all.put("int", (run, value, given) -> integer(value, given));
        all.put("float", (run, value, given) -> {
            Object instead = given.bind("float", "default?")[0];
            Double real = real(known(value));
            return real != null ? real : instead == null ? (Object) 0.0 : instead;
        });
        all.put("round", (run, value, given) -> round(known(value), given));
    }

    private static Object known(Object value) {
        if (value instanceof Undefined undefined) {
            throw undefined.problem();
        }
        return value;
    }

    private static Object integer(Object value, Arguments given) {
        Object[] bound = given.bind("int", "default?", "base?");
        if (bound[1] != null && !Values.areEqual(bound[1], 10L)) {
            throw TemplateProblem.lacking("the filter int with another base than 10");
        }
        known(value);
        if (value instanceof Boolean || Numbers.isInteger(value)) {
            return Numbers.of(Numbers.whole(value));
        }
        String text = ascii(value);
        if (text != null && INTEGER.matcher(text).matches()) {
            return Numbers.of(new BigInteger(text.replace("_", "")));
        }
        Double real = real(value);
        Object instead = bound[0] == null ? 0L : bound[0];
        return real == null || !Double.isFinite(real) ? instead : Numbers.of(new BigDecimal(real).toBigInteger());
    }

    private static @Nullable Double real(Object value) {
        if (Numbers.isNumber(value)) {
            return Numbers.real(value);
        }
        String text = ascii(value);
        if (text == null) {
            return null;
        }
        if (NO_NUMBER.matcher(text.toLowerCase(Locale.ROOT)).matches()) {
            return text.toLowerCase(Locale.ROOT).contains("n")
                            && text.toLowerCase(Locale.ROOT).endsWith("nan")
                    ? Double.NaN
                    : text.startsWith("-") ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY;
        }
        return REAL.matcher(text).matches() ? Double.valueOf(text.replace("_", "")) : null;
    }

    /** A string without the white space around it; null for other values. */
    private static @Nullable String ascii(Object value) {
        if (!(value instanceof String text)) {
            return null;
        }
        if (text.codePoints().anyMatch(c -> c > 127 && Character.getType(c) == Character.DECIMAL_DIGIT_NUMBER)) {
            throw TemplateProblem.lacking("a number in other digits than 0 to 9");
        }
        return TextMethods.strip(text, "strip", null);
    }

    private static Object round(Object value, Arguments given) {
        Object[] bound = given.bind("round", "precision?", "method?");
        String method = bound[1] == null ? "common" : Values.string(bound[1], "the method of round");
        long digits = bound[0] == null ? 0 : Numbers.index(bound[0]);
        if (method.equals("common")) {
            return Numbers.round(value, digits);
        }
        if (!method.equals("ceil") && !method.equals("floor")) {
            throw new TemplateProblem("the method of round must be common, ceil or floor, found " + method);
        }
        if (digits < 0 || digits > 15 || !Numbers.isNumber(value)) {
            throw TemplateProblem.lacking("round to " + digits + " digits of " + Values.typeName(value));
        }
        double power = Math.pow(10, digits);
        double scaled = Numbers.real(value) * power;
        return (method.equals("ceil") ? Math.ceil(scaled) : Math.floor(scaled)) / power + 0.0;
    }
}
