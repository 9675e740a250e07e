package dev.finetune.bert.text;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** What Python's libraries computed, from the test resources (made by make_fixtures.py there). */
final class Fixtures {
    private Fixtures() {}

    static Path bertModel() {
        return resource("/golden/bert-tokenizer/model");
    }

    static Path robertaModel() {
        return resource("/dev/finetune/bert/text/roberta");
    }

    static JsonObject read(String name) {
        return json(resource("/dev/finetune/bert/text/" + name));
    }

    static JsonObject json(Path file) {
        try {
            return JsonParser.parseString(Files.readString(file)).getAsJsonObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Path resource(String name) {
        try {
            return Path.of(Fixtures.class.getResource(name).toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    static List<JsonObject> objects(JsonObject in, String key) {
        List<JsonObject> result = new ArrayList<>();
        in.getAsJsonArray(key).forEach(e -> result.add(e.getAsJsonObject()));
        return result;
    }

    static int[] ints(JsonObject in, String key) {
        return in.getAsJsonArray(key).asList().stream()
                .mapToInt(JsonElement::getAsInt)
                .toArray();
    }

    static float[] floats(JsonObject in, String key) {
        JsonArray array = in.getAsJsonArray(key);
        float[] result = new float[array.size()];
        for (int i = 0; i < result.length; i++) {
            result[i] = array.get(i).getAsFloat();
        }
        return result;
    }

    static List<String> strings(JsonObject in, String key) {
        return in.getAsJsonArray(key).asList().stream()
                .map(JsonElement::getAsString)
                .toList();
    }

    /** One end (0: starts, 1: ends) of Python's offsets. */
    static int[] offsets(JsonObject in, int end) {
        return in.getAsJsonArray("offsets").asList().stream()
                .mapToInt(e -> e.getAsJsonArray().get(end).getAsInt())
                .toArray();
    }

    /** UTF-16 places as Python would count them, in code points. */
    static int[] codePoints(String text, int[] places) {
        return IntStream.of(places).map(p -> text.codePointCount(0, p)).toArray();
    }
}
