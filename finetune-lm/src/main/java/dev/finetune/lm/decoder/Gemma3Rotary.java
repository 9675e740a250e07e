package dev.finetune.lm.decoder;

import com.google.gson.JsonObject;
import dev.finetune.error.FinetuneException;
import dev.finetune.spi.ModelConfig;
import java.util.List;

/**
 * Gemma 3's rotary positions (Gemma Team, "Gemma 3", 2025): layers that see all tokens turn slowly, by a base of a million and scaled
 * where that is said; layers with a window by a base of ten thousand. config.json has them by the layers' types in "rope_parameters",
 * or as "rope_theta" with "rope_scaling", and "rope_local_base_freq".
 */
final class Gemma3Rotary {
    private static final String ALL = "full_attention";
    private static final String WINDOWS = "sliding_attention";

    private Gemma3Rotary() {}

    static RotaryPositions ofAll(ModelConfig config, int headSize, int positions) {
        final JsonObject said = ofType(config, ALL);
        refuse(
                config,
                config.has("original_max_position_embeddings"),
                "\"original_max_position_embeddings\" beside it");
        refuse(config, said.has("truncate") && !said.get("truncate").getAsBoolean(), "\"truncate\": false in " + ALL);
        if (config.has("rope_scaling")) {
            final JsonObject scaling = object(config, "rope_scaling", config.json());
            refuse(config, scaling.has("type") && !scaling.has("rope_type"), "\"type\" in \"rope_scaling\"");
            object(config, "rope_scaling", config.json()).asMap().forEach((key, value) -> {
                if (value.isJsonObject()) {
                    throw new FinetuneException(
                            config.file() + ": \"rope_scaling\" has settings of their own for \"" + key + "\": " + value
                                    + ". Settings by the types of layers belong into \"rope_parameters\".");
                }
                said.add(key, value);
            });
        }
        return positions(config, said, ALL, config.number("rope_theta", 1_000_000), headSize, positions);
    }

    /** What Transformers 5.18 passes over in this family, and counts in others. */
    private static void refuse(ModelConfig config, boolean isThere, String what) {
        if (isThere) {
            throw new FinetuneException(
                    config.file() + ": " + what + " doesn't count in Transformers' Gemma 3, so that nobody"
                            + " can tell what was meant: take it out, or name the type \"rope_type\".");
        }
    }

    static RotaryPositions ofWindows(ModelConfig config, int headSize, int positions) {
        return positions(
                config,
                ofType(config, WINDOWS),
                WINDOWS,
                config.number("rope_local_base_freq", 10_000),
                headSize,
                positions);
    }

    private static RotaryPositions positions(
            ModelConfig config, JsonObject said, String type, double base, int headSize, int positions) {
        if (!said.has("rope_theta")) {
            said.addProperty("rope_theta", base);
        }
        return RotaryPositions.of(RopeSettings.of(config, said, headSize, positions), type);
    }

    /** A copy of what "rope_parameters" says for a type of layers; empty where it says nothing. */
    private static JsonObject ofType(ModelConfig config, String type) {
        if (!config.has("rope_parameters")) {
            return new JsonObject();
        }
        final JsonObject all = object(config, "rope_parameters", config.json());
        for (String key : all.keySet()) {
            if (!List.of(ALL, WINDOWS).contains(key)) {
                throw new FinetuneException(config.file() + ": \"rope_parameters\" has \"" + key
                        + "\", expected settings by the types of layers: \"" + ALL + "\" and \"" + WINDOWS + "\".");
            }
        }
        return all.has(type) && !all.get(type).isJsonNull() ? object(config, type, all) : new JsonObject();
    }

    private static JsonObject object(ModelConfig config, String key, JsonObject parent) {
        if (!(parent.get(key) instanceof JsonObject found)) {
            throw new FinetuneException(
                    config.file() + ": \"" + key + "\" must be an object, but is " + parent.get(key) + ".");
        }
        return found;
    }
}
