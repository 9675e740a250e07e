package dev.finetune.train;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a checkpoint holds, but for the numbers in its tensors: enough to make room for these.
 *
 * @param state where its training stood
 * @param remembered the shapes of the tensors that its optimizer remembered, by name
 * @param hasBest whether the best weights until then are kept in it
 */
record Resumption(RunState state, Map<String, long[]> remembered, boolean hasBest) {
    static final String OPTIMIZER = "optimizer.safetensors";
    static final String BEST = "best.safetensors";

    private static final Gson GSON = new Gson();
    private static final String STATE = "state";
    private static final String REMEMBERED = "remembered";
    private static final String HAS_BEST = "has_best";

    /** Of the files in a folder. */
    static Resumption of(RunState state, Path folder) {
        final Path optimizer = folder.resolve(OPTIMIZER);
        return new Resumption(
                state,
                Files.exists(optimizer) ? TensorFile.shapes(optimizer) : Map.of(),
                Files.exists(folder.resolve(BEST)));
    }

    static Resumption of(String text) {
        final JsonObject json = JsonParser.parseString(text).getAsJsonObject();
        final Map<String, long[]> shapes = new TreeMap<>();
        json.getAsJsonObject(REMEMBERED)
                .asMap()
                .forEach((name, shape) -> shapes.put(name, GSON.fromJson(shape, long[].class)));
        return new Resumption(
                RunState.of(json.getAsJsonObject(STATE)),
                shapes,
                json.get(HAS_BEST).getAsBoolean());
    }

    String toJson() {
        final JsonObject json = new JsonObject();
        json.add(STATE, state.toJson());
        json.add(REMEMBERED, GSON.toJsonTree(remembered));
        json.addProperty(HAS_BEST, hasBest);
        return json.toString();
    }
}
