package dev.finetune;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.stream.StreamSupport;

/** Numbers that the reference implementations computed, as make_references.py beside them wrote them. */
public final class Reference {
    private Reference() {}

    /** A file of references. */
    public static JsonElement read(String name) {
        final var stream = Reference.class.getResourceAsStream("/dev/finetune/reference/" + name + ".json");
        try (Reader reader = new InputStreamReader(Objects.requireNonNull(stream, name), StandardCharsets.UTF_8)) {
            return JsonParser.parseReader(reader);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A list of objects. */
    public static List<JsonObject> objects(JsonElement list) {
        return StreamSupport.stream(list.getAsJsonArray().spliterator(), false)
                .map(JsonElement::getAsJsonObject)
                .toList();
    }

    /** A list of numbers. */
    public static double[] doubles(JsonElement list) {
        return list.getAsJsonArray().asList().stream()
                .mapToDouble(JsonElement::getAsDouble)
                .toArray();
    }

    /** A list of numbers. */
    public static float[] floats(JsonElement list) {
        final double[] wide = doubles(list);
        final float[] values = new float[wide.length];
        for (int i = 0; i < wide.length; i++) {
            values[i] = (float) wide[i];
        }
        return values;
    }

    /** A list of whole numbers. */
    public static long[] longs(JsonElement list) {
        return list.getAsJsonArray().asList().stream()
                .mapToLong(JsonElement::getAsLong)
                .toArray();
    }

    /** Rows of numbers. */
    public static double[][] rows(JsonElement list) {
        return list.getAsJsonArray().asList().stream().map(Reference::doubles).toArray(double[][]::new);
    }
}
