package dev.finetune.record;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import dev.finetune.error.FinetuneException;
import dev.finetune.internal.JsonNumbers;
import dev.finetune.internal.Records;
import dev.finetune.metrics.Metrics;
import dev.finetune.metrics.MetricsState;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Records as JSON objects, a component a key, and back, strictly: records of texts, numbers, switches, enums, lists, maps, what
 * may be absent, metrics, and records of one of several kinds, which say theirs.
 */
final class RecordJson {
    private static final String KIND = "kind";

    private final String file;

    /** A reader of a file, which its errors name. */
    RecordJson(String file) {
        this.file = file;
    }

    /** A value of a type as JSON. */
    static JsonElement toJson(Object value, Type type) {
        if (value instanceof Optional<?> optional) {
            return optional.map(inner -> toJson(inner, argument(type, 0))).orElse(JsonNull.INSTANCE);
        }
        if (value instanceof List<?> list) {
            final JsonArray array = new JsonArray();
            list.forEach(each -> array.add(toJson(each, argument(type, 0))));
            return array;
        }
        if (value instanceof Map<?, ?> map) {
            final JsonObject object = new JsonObject();
            map.forEach((key, each) -> object.add((String) key, toJson(each, argument(type, 1))));
            return object;
        }
        if (value instanceof Metrics metrics) {
            return MetricsState.toJson(metrics);
        }
        if (value instanceof Record known) {
            return object(known, type);
        }
        if (value instanceof Double number) {
            return MetricsState.number(number);
        }
        if (value instanceof Number number) {
            return new JsonPrimitive(number);
        }
        return value instanceof Boolean isSo
                ? new JsonPrimitive(isSo)
                : new JsonPrimitive(value instanceof Enum<?> one ? one.name() : (String) value);
    }

    private static JsonObject object(Record value, Type type) {
        final JsonObject object = new JsonObject();
        if (type != value.getClass()) {
            object.addProperty(KIND, value.getClass().getSimpleName());
        }
        for (RecordComponent component : value.getClass().getRecordComponents()) {
            object.add(component.getName(), toJson(Records.get(value, component), component.getGenericType()));
        }
        return object;
    }

    /**
     * Reads a value of a type.
     *
     * @param key where it stands, for errors
     * @throws FinetuneException naming file and key, if it is none of that type
     */
    Object of(@Nullable JsonElement json, Type type, String key) {
        final Class<?> raw =
                type instanceof ParameterizedType generic ? (Class<?>) generic.getRawType() : (Class<?>) type;
        if (raw == Optional.class) {
            return json == null || json.isJsonNull() ? Optional.empty() : Optional.of(of(json, argument(type, 0), key));
        }
        if (raw == List.class) {
            return list(json, argument(type, 0), key);
        }
        if (raw == Map.class) {
            final Map<String, Object> map = new LinkedHashMap<>();
            object(json, key)
                    .entrySet()
                    .forEach(entry -> map.put(
                            entry.getKey(), of(entry.getValue(), argument(type, 1), key + "." + entry.getKey())));
            return map;
        }
        if (raw == Metrics.class) {
            return metrics(object(json, key), key);
        }
        if (raw.isSealed() || raw.isRecord()) {
            return instance(object(json, key), raw, key);
        }
        return raw.isEnum() ? constant(json, raw, key) : simple(json, raw, key);
    }

    private List<Object> list(@Nullable JsonElement json, Type type, String key) {
        if (!(json instanceof JsonArray array)) {
            throw refusal(key, json, "a list");
        }
        final List<Object> list = new ArrayList<>();
        for (JsonElement each : array) {
            list.add(of(each, type, key + "[" + list.size() + "]"));
        }
        return list;
    }

    private Object instance(JsonObject json, Class<?> type, String key) {
        final Class<?> kind = type.isSealed() ? kind(json, type, key) : type;
        final RecordComponent[] components = kind.getRecordComponents();
        final Object[] values = new Object[components.length];
        for (int i = 0; i < components.length; i++) {
            final String name = components[i].getName();
            values[i] = of(json.get(name), components[i].getGenericType(), key.isEmpty() ? name : key + "." + name);
        }
        return Records.make(kind, values);
    }

    private Class<?> kind(JsonObject json, Class<?> type, String key) {
        final JsonElement said = json.get(KIND);
        return Arrays.stream(type.getPermittedSubclasses())
                .filter(each -> said instanceof JsonPrimitive text
                        && each.getSimpleName().equals(text.getAsString()))
                .findFirst()
                .orElseThrow(() -> refusal(
                        key + "." + KIND,
                        said,
                        "one of "
                                + Arrays.stream(type.getPermittedSubclasses())
                                        .map(Class::getSimpleName)
                                        .toList()));
    }

    private Object constant(@Nullable JsonElement json, Class<?> type, String key) {
        return Arrays.stream(type.getEnumConstants())
                .filter(each -> json instanceof JsonPrimitive text
                        && ((Enum<?>) each).name().equals(text.getAsString()))
                .findFirst()
                .orElseThrow(() -> refusal(key, json, "one of " + Arrays.toString(type.getEnumConstants())));
    }

    private Object simple(@Nullable JsonElement json, Class<?> type, String key) {
        if (!(json instanceof JsonPrimitive value)) {
            throw refusal(key, json, words(type));
        }
        if (type == String.class && value.isString()) {
            return value.getAsString();
        }
        if (type == boolean.class && value.isBoolean()) {
            return value.getAsBoolean();
        }
        if (type == int.class && JsonNumbers.whole(value).isPresent()) {
            return JsonNumbers.whole(value).getAsInt();
        }
        if (type == long.class || type == Long.class) {
            final String text = value.getAsString();
            if (value.isNumber() && text.matches("-?\\d{1,18}")) {
                return Long.parseLong(text);
            }
        }
        if (type == double.class || type == Double.class) {
            if (JsonNumbers.finite(value).isPresent()) {
                return JsonNumbers.finite(value).getAsDouble();
            }
            if (List.of("NaN", "Infinity", "-Infinity").contains(value.getAsString())) {
                return MetricsState.number(value);
            }
        }
        throw refusal(key, json, words(type));
    }

    private static String words(Class<?> type) {
        if (type == String.class) {
            return "a text";
        }
        if (type == boolean.class) {
            return "true or false";
        }
        return type == double.class || type == Double.class ? "a number" : "a whole number";
    }

    private Metrics metrics(JsonObject json, String key) {
        try {
            return MetricsState.of(json);
        } catch (RuntimeException e) { // What isn't there, of another kind, or contradicts itself.
            throw new FinetuneException(
                    file + ": \"" + key + "\" holds no metrics that can be read (" + e.getMessage()
                            + "). The file was changed since it was written.",
                    e);
        }
    }

    private JsonObject object(@Nullable JsonElement json, String key) {
        if (json instanceof JsonObject object) {
            return object;
        }
        throw refusal(key, json, "an object");
    }

    private FinetuneException refusal(String key, @Nullable JsonElement found, String expected) {
        return refusal(file, key, found == null ? "missing" : found.toString(), expected);
    }

    /** What is said of a value that can't be right. */
    static FinetuneException refusal(String file, String key, String found, String expected) {
        return new FinetuneException(file + ": \"" + key + "\" is "
                + (found.length() > 80 ? found.substring(0, 80) + " ..." : found)
                + "; expected " + expected
                + ". The file was changed since it was written, or isn't a record of a fit.");
    }

    private static Type argument(Type type, int index) {
        return ((ParameterizedType) type).getActualTypeArguments()[index];
    }
}
