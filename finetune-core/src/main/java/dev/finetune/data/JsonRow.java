package dev.finetune.data;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import dev.finetune.error.FinetuneException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** A row of a JSON Lines file. */
record JsonRow(long line, JsonObject object) implements Row {
    @Override
    public String text(Column column) throws BadRow {
        String key = key(column);
        JsonElement value = value(key);
        if (!StrictJson.isString(value)) {
            throw unlike(key, value, "a string");
        }
        return present(key, value.getAsString());
    }

    @Override
    public String name(Column column) throws BadRow {
        String key = key(column);
        return name(key, value(key));
    }

    @Override
    public Set<String> names(Column column, String separator) throws BadRow {
        String key = key(column);
        JsonElement value = value(key);
        if (StrictJson.isString(value)) {
            return DelimitedRow.names(value.getAsString(), separator);
        }
        if (!value.isJsonArray()) {
            throw unlike(key, value, "an array of names");
        }
        Set<String> names = new LinkedHashSet<>();
        for (JsonElement name : value.getAsJsonArray()) {
            names.add(name(key, name));
        }
        return names;
    }

    @Override
    public boolean flag(Column column) throws BadRow {
        String key = key(column);
        JsonElement value = value(key);
        if (value instanceof JsonPrimitive primitive && primitive.isBoolean()) {
            return primitive.getAsBoolean();
        }
        if (value instanceof JsonPrimitive primitive && primitive.isNumber()) {
            double number = primitive.getAsDouble();
            if (number == 0 || number == 1) {
                return number == 1;
            }
        }
        throw unlike(key, value, "0 or 1, true or false");
    }

    @Override
    public List<Double> numbers(Column column) throws BadRow {
        String key = key(column);
        JsonElement value = value(key);
        if (!value.isJsonArray()) {
            return List.of(number(key, value));
        }
        List<Double> numbers = new ArrayList<>();
        for (JsonElement number : value.getAsJsonArray()) {
            numbers.add(number(key, number));
        }
        if (numbers.isEmpty()) {
            throw new BadRow(line, "\"" + key + "\" is an empty array, expected a number or several");
        }
        return numbers;
    }

    /** An array of strings, such as the words of a sentence. */
    List<String> strings(String key) throws BadRow {
        JsonElement value = value(key);
        if (!value.isJsonArray()) {
            throw unlike(key, value, "an array of strings");
        }
        List<String> strings = new ArrayList<>();
        for (JsonElement string : value.getAsJsonArray()) {
            if (!StrictJson.isString(string)) {
                throw new BadRow(
                        line,
                        "\"" + key + "\" holds " + StrictJson.kind(string) + " (" + brief(string)
                                + ") in its array, expected strings");
            }
            strings.add(string.getAsString());
        }
        return strings;
    }

    /** The first of these keys that there is. */
    String firstKey(List<String> names) throws BadRow {
        for (String name : names) {
            if (object.has(name)) {
                return name;
            }
        }
        throw missing(String.join("\" or \"", names));
    }

    private String key(Column column) throws BadRow {
        if (column instanceof Column.Named named) {
            return named.name();
        }
        if (column instanceof Column.At at) {
            throw new FinetuneException("JSON Lines have no column " + at.index() + ": name the key instead.");
        }
        return firstKey(((Column.Usual) column).names());
    }

    private JsonElement value(String key) throws BadRow {
        JsonElement value = object.get(key);
        if (value == null || value.isJsonNull()) {
            throw value == null ? missing(key) : new BadRow(line, "\"" + key + "\" is null");
        }
        return value;
    }

    private String name(String key, JsonElement value) throws BadRow {
        if (!value.isJsonPrimitive()) {
            throw unlike(key, value, "a name");
        }
        return present(key, value.getAsString()).strip();
    }

    private double number(String key, JsonElement value) throws BadRow {
        if (value instanceof JsonPrimitive primitive && primitive.isNumber()) {
            double number = primitive.getAsDouble();
            if (Double.isFinite(number)) {
                return number;
            }
        }
        throw unlike(key, value, "a number");
    }

    private String present(String key, String value) throws BadRow {
        if (value.isBlank()) {
            throw new BadRow(line, "\"" + key + "\" is empty");
        }
        return value;
    }

    private BadRow missing(String key) {
        return new BadRow(line, "there is no \"" + key + "\"; the keys are: " + String.join(", ", object.keySet()));
    }

    private BadRow unlike(String key, JsonElement value, String expected) {
        return new BadRow(
                line,
                "\"" + key + "\" holds " + StrictJson.kind(value) + " (" + brief(value) + "), expected " + expected);
    }

    private static String brief(JsonElement value) {
        String text = value.toString();
        return text.length() <= 40 ? text : text.substring(0, 40) + "...";
    }
}
