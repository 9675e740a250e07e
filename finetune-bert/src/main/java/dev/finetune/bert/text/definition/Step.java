package dev.finetune.bert.text.definition;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import dev.finetune.error.FinetuneException;
import dev.finetune.internal.JsonNumbers;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/**
 * One component of a tokenizer, with typed access to its keys. What is not of its kind is refused with its place; an absent
 * or null value is the library's affair.
 *
 * @param source the file, for messages
 * @param place where in the file, such as {@code normalizer.normalizers[2]}
 * @param json what it says
 */
record Step(String source, String place, JsonObject json) {
    /** No file has texts longer than this where a few characters belong. */
    static final int LONGEST_TEXT = 1000;

    private static final int SHOWN = 60;

    /** A component that must be an object. */
    static Step of(String source, String place, JsonElement element) {
        if (element instanceof JsonObject object) {
            return new Step(source, place, object);
        }
        throw refusal(source, place, "is " + shown(element) + ", expected an object");
    }

    String type() {
        if (json.get("type") instanceof JsonPrimitive type && type.isString()) {
            return type.getAsString();
        }
        throw refusal("type", "expected the name of a component");
    }

    /** The same component with these keys alone: what nobody has checked doesn't reach the native library. */
    JsonObject only(String type, String... keys) {
        JsonObject kept = new JsonObject();
        kept.addProperty("type", type);
        for (String key : keys) {
            if (json.has(key)) {
                kept.add(key, json.get(key));
            }
        }
        return kept;
    }

    Step flags(String... keys) {
        for (String key : keys) {
            if (isSaid(key) && !(json.get(key) instanceof JsonPrimitive flag && flag.isBoolean())) {
                throw refusal(key, "expected true or false");
            }
        }
        return this;
    }

    boolean isSaid(String key) {
        return json.has(key) && !json.get(key).isJsonNull();
    }

    /** A text of moderate length. */
    String text(String key) {
        String text = longText(key);
        if (text.length() > LONGEST_TEXT) {
            throw refusal(key, "it has " + text.length() + " characters, at most " + LONGEST_TEXT + " are allowed");
        }
        return text;
    }

    String longText(String key) {
        if (json.get(key) instanceof JsonPrimitive text && text.isString()) {
            return text.getAsString();
        }
        throw refusal(key, "expected a text");
    }

    /** A whole number from 0 on. */
    int whole(String key) {
        return whole(source, place + "." + key, get(key));
    }

    static int whole(String source, String place, JsonElement element) {
        OptionalInt whole = JsonNumbers.whole(element);
        if (whole.isEmpty() || whole.getAsInt() < 0) {
            throw refusal(source, place, "is " + shown(element) + ", expected a whole number from 0 on");
        }
        return whole.getAsInt();
    }

    /** The components of a sequence. */
    List<Step> steps(String key, int most) {
        JsonArray array = array(key, most);
        List<Step> steps = new ArrayList<>();
        for (int i = 0; i < array.size(); i++) {
            steps.add(of(source, place + "." + key + "[" + i + "]", array.get(i)));
        }
        return steps;
    }

    JsonArray array(String key, int most) {
        if (!(get(key) instanceof JsonArray array)) {
            throw refusal(key, "expected a list");
        }
        if (array.size() > most) {
            throw refusal(
                    source, place + "." + key, "has " + array.size() + " entries, at most " + most + " are allowed");
        }
        return array;
    }

    JsonElement get(String key) {
        return json.has(key) ? json.get(key) : JsonNull.INSTANCE;
    }

    FinetuneException unknown(String kind) {
        return refusal("type", "no such " + kind + " is known");
    }

    FinetuneException refusal(String key, String why) {
        return refusal(source, place + "." + key, "is " + shown(get(key)) + ": " + why);
    }

    static FinetuneException refusal(String source, String place, String what) {
        return new FinetuneException(source + ": " + place + " " + what
                + ". The tokenizer is not one that Hugging Face's library can run; write it again with the library that made"
                + " the model.");
    }

    static String shown(JsonElement element) {
        if (element instanceof JsonObject) {
            return "an object";
        }
        if (element instanceof JsonArray array) {
            return "a list of " + array.size();
        }
        String text = element.toString();
        return text.length() <= SHOWN ? text : text.substring(0, SHOWN) + "...";
    }
}
