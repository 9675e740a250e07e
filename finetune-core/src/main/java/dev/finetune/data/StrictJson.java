package dev.finetune.data;

import com.google.gson.JsonElement;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import java.io.IOException;
import java.io.StringReader;

/** Parses JSON as RFC 8259 says, and nothing looser. */
final class StrictJson {
    private StrictJson() {}

    /** Parses one line that holds one JSON value. */
    static JsonElement line(LineReader.Line line) throws BadRow {
        String text = line.checkedText();
        try (JsonReader reader = new JsonReader(new StringReader(text))) {
            reader.setStrictness(Strictness.STRICT);
            JsonElement element = JsonParser.parseReader(reader);
            if (reader.peek() != JsonToken.END_DOCUMENT) {
                throw new BadRow(line.number(), "more than one JSON value on the line");
            }
            return element;
        } catch (IOException | JsonParseException | NumberFormatException e) {
            throw new BadRow(line.number(), "broken JSON: " + reason(e));
        }
    }

    /** What the parser complains of, without its class names and links. */
    static String reason(Throwable e) {
        Throwable cause = e.getCause() instanceof IOException inner ? inner : e;
        String message = String.valueOf(cause.getMessage()).lines().findFirst().orElse("");
        return message.replaceAll(" at line \\d+ column (\\d+) path (.*)", " at character $1");
    }

    /** What kind of value it is, for messages. */
    static String kind(JsonElement element) {
        if (element.isJsonNull()) {
            return "null";
        }
        if (element.isJsonObject()) {
            return "an object";
        }
        if (element.isJsonArray()) {
            return "an array";
        }
        if (isString(element)) {
            return "a string";
        }
        return element.getAsJsonPrimitive().isNumber() ? "a number" : "true or false";
    }

    static boolean isString(JsonElement element) {
        return element.isJsonPrimitive() && element.getAsJsonPrimitive().isString();
    }
}
