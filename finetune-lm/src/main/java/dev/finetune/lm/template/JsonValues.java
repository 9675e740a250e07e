package dev.finetune.lm.template;

import com.google.gson.JsonElement;
import com.google.gson.JsonPrimitive;
import dev.finetune.error.FinetuneException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** JSON as values of Java: null, Boolean, String, Long, BigInteger, Double, and lists and maps of these that can't be changed. */
public final class JsonValues {
    private static final int MOST_DEPTH = 200;
    private static final int MOST_DIGITS = 1000;

    private JsonValues() {}

    /**
     * {@return the value of what was read} A number is a float where it is written with a point or an exponent, as in Python.
     *
     * @param json what was read
     * @throws FinetuneException if it is nested too deep or a number has too many digits
     */
    public static @Nullable Object of(JsonElement json) {
        return of(json, 0);
    }

    private static @Nullable Object of(JsonElement json, int depth) {
        checkDepth(depth);
        if (json.isJsonArray()) {
            List<@Nullable Object> list = new ArrayList<>();
            json.getAsJsonArray().forEach(inner -> list.add(of(inner, depth + 1)));
            return Collections.unmodifiableList(list);
        }
        if (json.isJsonObject()) {
            Map<String, @Nullable Object> map = new LinkedHashMap<>();
            json.getAsJsonObject()
                    .entrySet()
                    .forEach(entry -> map.put(entry.getKey(), of(entry.getValue(), depth + 1)));
            return Collections.unmodifiableMap(map);
        }
        return json.isJsonNull() ? null : of(json.getAsJsonPrimitive());
    }

    private static Object of(JsonPrimitive value) {
        if (value.isBoolean()) {
            return value.getAsBoolean();
        }
        if (value.isString()) {
            return value.getAsString();
        }
        String digits = value.getAsString();
        if (digits.length() > MOST_DIGITS) {
            throw new FinetuneException("a number has " + digits.length() + " digits, expected at most " + MOST_DIGITS);
        }
        if (!digits.matches("-?[0-9]+")) {
            return Double.valueOf(digits);
        }
        BigInteger whole = new BigInteger(digits);
        return whole.bitLength() < Long.SIZE ? (Object) whole.longValue() : whole;
    }

    /**
     * {@return a copy of a value that nobody can change}
     *
     * @param value null, a truth value, a number, a string, a list of such, or a map of strings to such
     * @param name what an error calls it
     * @throws FinetuneException if it is something else, or nested too deep
     */
    public static @Nullable Object copy(@Nullable Object value, String name) {
        return copy(value, name, 0);
    }

    /**
     * {@return a copy of a map that nobody can change}
     *
     * @param map strings to values, as {@link #copy} takes them
     * @param name what an error calls it
     * @throws FinetuneException as {@link #copy}
     */
    public static Map<String, @Nullable Object> copyOf(Map<String, ? extends @Nullable Object> map, String name) {
        Objects.requireNonNull(map, name);
        Map<String, @Nullable Object> copy = new LinkedHashMap<>();
        map.forEach((key, value) ->
                copy.put(Objects.requireNonNull(key, name + " has a key that"), copy(value, name + "." + key, 1)));
        return Collections.unmodifiableMap(copy);
    }

    private static @Nullable Object copy(@Nullable Object value, String name, int depth) {
        checkDepth(depth);
        if (value instanceof Collection<?> all) {
            List<@Nullable Object> list = new ArrayList<>(all.size());
            all.forEach(inner -> list.add(copy(inner, name + "[" + list.size() + "]", depth + 1)));
            return Collections.unmodifiableList(list);
        }
        if (value instanceof Map<?, ?> map) {
            Map<String, @Nullable Object> copy = new LinkedHashMap<>();
            map.forEach((key, inner) -> {
                if (!(key instanceof String text)) {
                    throw new FinetuneException(name + " has the key " + key + ", expected strings as keys.");
                }
                copy.put(text, copy(inner, name + "." + text, depth + 1));
            });
            return Collections.unmodifiableMap(copy);
        }
        if (value instanceof Integer || value instanceof Short || value instanceof Byte) {
            return ((Number) value).longValue();
        }
        if (value instanceof Float || value instanceof BigDecimal) {
            return ((Number) value).doubleValue();
        }
        if (value == null
                || value instanceof String
                || value instanceof Boolean
                || value instanceof Long
                || value instanceof BigInteger
                || value instanceof Double) {
            return value;
        }
        throw new FinetuneException(name + " is a " + value.getClass().getName()
                + ", expected null, a truth value, a number, a string, a list, or a map of strings to such.");
    }

    private static void checkDepth(int depth) {
        if (depth > MOST_DEPTH) {
            throw new FinetuneException("A value has more than " + MOST_DEPTH + " levels of lists and maps.");
        }
    }
}
