package dev.finetune.train;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;

/**
 * What a checkpoint holds, but for the numbers in its tensors: enough to make room for these.
 *
 * @param state where its training stood
 * @param remembered the names of the tensors that its optimizer remembered
 * @param hasBest whether the best weights until then are kept in it
 */
record Resumption(RunState state, Set<String> remembered, boolean hasBest) {
    static final String OPTIMIZER = "optimizer.safetensors";
    static final String BEST = "best.safetensors";

    private static final String STATE = "state";
    private static final String REMEMBERED = "remembered";
    private static final String HAS_BEST = "has_best";

    /** Of the files in a folder. */
    static Resumption of(RunState state, Path folder) {
        final Path optimizer = folder.resolve(OPTIMIZER);
        return new Resumption(
                state,
                Files.exists(optimizer) ? TensorFile.names(optimizer) : Set.of(),
                Files.exists(folder.resolve(BEST)));
    }

    static Resumption of(String text) {
        final JsonObject json = JsonParser.parseString(text).getAsJsonObject();
        final Set<String> names = new TreeSet<>();
        for (JsonElement name : json.getAsJsonArray(REMEMBERED)) {
            names.add(name.getAsString());
        }
        return new Resumption(
                RunState.of(json.getAsJsonObject(STATE)), names, json.get(HAS_BEST).getAsBoolean());
    }

    String toJson() {
        final JsonObject json = new JsonObject();
        json.add(STATE, state.toJson());
        final JsonArray names = new JsonArray();
        remembered.forEach(names::add);
        json.add(REMEMBERED, names);
        json.addProperty(HAS_BEST, hasBest);
        return json.toString();
    }
}
