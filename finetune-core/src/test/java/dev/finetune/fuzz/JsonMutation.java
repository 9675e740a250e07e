package dev.finetune.fuzz;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import com.google.gson.internal.LazilyParsedNumber;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Changes JSON as a hostile or careless writer would: values of other kinds, sizes and ranges, entries that are gone, twice
 * there, or in the place of others.
 */
final class JsonMutation {
    private static final List<JsonElement> ODD = odd();

    private final Choices choices;
    private final List<Place> places = new ArrayList<>();

    private JsonMutation(Choices choices) {
        this.choices = choices;
    }

    /** A value's place: a key of an object or an index of a list. */
    private record Place(JsonElement parent, String key, int index) {
        JsonElement value() {
            return parent instanceof JsonObject object
                    ? object.get(key)
                    : parent.getAsJsonArray().get(index);
        }

        void set(JsonElement value) {
            if (parent instanceof JsonObject object) {
                object.add(key, value);
            } else {
                parent.getAsJsonArray().set(index, value);
            }
        }

        void remove() {
            if (parent instanceof JsonObject object) {
                object.remove(key);
            } else {
                parent.getAsJsonArray().remove(index);
            }
        }
    }

    /** The text with one thing changed; the text itself where it holds nothing that could be. */
    static String of(String text, Choices choices) {
        final JsonElement json = JsonParser.parseString(text);
        final JsonMutation mutation = new JsonMutation(choices);
        mutation.collect(json);
        if (mutation.places.isEmpty()) {
            return ODD.get(choices.below(ODD.size())).toString();
        }
        mutation.change(choices.of(mutation.places));
        return json.toString();
    }

    private void collect(JsonElement json) {
        if (json instanceof JsonObject object) {
            for (String key : object.keySet()) {
                places.add(new Place(json, key, 0));
                collect(object.get(key));
            }
        } else if (json instanceof JsonArray array) {
            for (int i = 0; i < array.size(); i++) {
                places.add(new Place(json, "", i));
                collect(array.get(i));
            }
        }
    }

    private void change(Place place) {
        switch (choices.below(8)) {
            case 0 -> place.set(choices.of(ODD).deepCopy());
            case 1 -> place.remove();
            case 2 -> place.set(choices.of(places).value().deepCopy());
            case 3 -> repeat(place);
            case 4 -> rename(place);
            case 5 -> place.set(nested(place.value()));
            case 6 -> place.set(emptied(place.value()));
            default -> place.set(nudged(place.value()));
        }
    }

    private void repeat(Place place) {
        if (place.parent() instanceof JsonArray array) {
            for (int i = choices.below(20); i >= 0; i--) {
                array.add(place.value().deepCopy());
            }
        } else {
            place.parent()
                    .getAsJsonObject()
                    .add(otherKey(place.key()), place.value().deepCopy());
        }
    }

    private void rename(Place place) {
        if (place.parent() instanceof JsonObject object) {
            object.add(otherKey(place.key()), object.remove(place.key()));
        } else {
            Collections.reverse(place.parent().getAsJsonArray().asList());
        }
    }

    private String otherKey(String key) {
        final String other = choices.of(places).key();
        return switch (choices.below(6)) {
            case 0 -> key + "x";
            case 1 -> "";
            case 2 -> "2";
            case 3 -> "-1";
            default -> other;
        };
    }

    private JsonElement nested(JsonElement value) {
        JsonElement outer = value;
        for (int depth = choices.below(300); depth >= 0; depth--) {
            final JsonArray array = new JsonArray();
            array.add(outer);
            outer = array;
        }
        return outer;
    }

    private static JsonElement emptied(JsonElement value) {
        if (value instanceof JsonObject) {
            return new JsonObject();
        }
        return value instanceof JsonArray ? new JsonArray() : new JsonPrimitive("");
    }

    private JsonElement nudged(JsonElement value) {
        if (!(value instanceof JsonPrimitive primitive)) {
            return choices.of(ODD).deepCopy();
        }
        if (primitive.isBoolean()) {
            return new JsonPrimitive(!primitive.getAsBoolean());
        }
        if (primitive.isString()) {
            return new JsonPrimitive(nudged(primitive.getAsString()));
        }
        return new JsonPrimitive(nudged(primitive.getAsDouble()));
    }

    private Number nudged(double number) {
        final long whole = (long) number;
        return switch (choices.below(8)) {
            case 0 -> Long.valueOf(whole + 1);
            case 1 -> Long.valueOf(whole - 1);
            case 2 -> Long.valueOf(whole * 2);
            case 3 -> Long.valueOf(-whole);
            case 4 -> Long.valueOf(whole + (1L << 32));
            case 5 -> Double.valueOf(number + 0.5);
            case 6 -> Double.valueOf(number * 1e6);
            default -> Double.valueOf(number / 2);
        };
    }

    private String nudged(String text) {
        final int at = choices.below(text.length() + 1);
        return switch (choices.below(7)) {
            case 0 -> text.substring(0, at);
            case 1 -> text.substring(at);
            case 2 -> text + text;
            case 3 -> text.substring(0, at) + "\0" + text.substring(at);
            case 4 -> text.substring(0, at) + "\ud83d" + text.substring(at);
            case 5 -> text + "x".repeat(choices.below(2000));
            default -> text.substring(0, at) + (char) choices.below(1 << 16) + text.substring(at);
        };
    }

    private static List<JsonElement> odd() {
        final List<JsonElement> odd = new ArrayList<>(List.of(
                JsonNull.INSTANCE,
                new JsonPrimitive(true),
                new JsonPrimitive(false),
                new JsonArray(),
                new JsonObject(),
                new JsonPrimitive(Double.NaN),
                new JsonPrimitive(Double.NEGATIVE_INFINITY)));
        for (String number : List.of(
                "0",
                "-1",
                "1",
                "2",
                "0.5",
                "1e-30",
                "1e400",
                "127",
                "4096",
                "1000000",
                "2147483647",
                "2147483648",
                "4294967297",
                "9223372036854775807",
                "-9223372036854775808",
                "18446744073709551616")) {
            odd.add(new JsonPrimitive(new LazilyParsedNumber(number)));
        }
        for (String text : List.of(
                "",
                " ",
                "a",
                "1",
                "\0",
                "\n",
                "\ud800",
                "..",
                "../config.json",
                "/",
                "[UNK]",
                "A",
                "B",
                "##",
                "\u0130")) {
            odd.add(new JsonPrimitive(text));
        }
        odd.add(new JsonPrimitive("x".repeat(3000)));
        return List.copyOf(odd);
    }
}
