package dev.finetune.lm.decoder;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.finetune.error.FinetuneException;
import dev.finetune.internal.JsonNumbers;
import dev.finetune.spi.ModelConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What config.json says of rotary positions: "rope_parameters", as Transformers 5 writes them, or "rope_theta" and "rope_scaling", as
 * it did before.
 *
 * @param config of the checkpoint, for messages
 * @param json the parameters
 * @param headSize how many numbers of a head are turned
 * @param positions the most tokens that the model reads
 */
record RopeSettings(ModelConfig config, JsonObject json, int headSize, int positions) {
    private static final double DEFAULT_BASE = 10_000;

    static RopeSettings read(ModelConfig config, int headSize, int positions) {
        final JsonObject older = part(config, "rope_scaling");
        final JsonObject newer = part(config, "rope_parameters");
        final JsonObject json = older.isEmpty() ? newer : older; // Transformers takes the one alone.
        if (!json.has("rope_theta")) {
            json.addProperty("rope_theta", config.number("rope_theta", DEFAULT_BASE));
        }
        refuseOther(config, json, newer);
        return of(config, json, headSize, positions);
    }

    /** Settings that were found, of all layers or of some. */
    static RopeSettings of(ModelConfig config, JsonObject json, int headSize, int positions) {
        final RopeSettings settings = new RopeSettings(config, json, headSize, positions);
        final double turned =
                settings.number("partial_rotary_factor").orElseGet(() -> config.number("partial_rotary_factor", 1));
        if (turned != 1) {
            throw settings.refused("partial_rotary_factor", "only whole heads are turned (1)");
        }
        if (headSize % 2 != 0) {
            throw new FinetuneException(config.file() + ": heads of " + headSize
                    + " numbers can't be turned in pairs; head_dim must be even.");
        }
        return settings;
    }

    private static JsonObject part(ModelConfig config, String key) {
        if (!config.has(key)) {
            return new JsonObject();
        }
        if (!(config.json().get(key) instanceof JsonObject found)) {
            throw new FinetuneException(config.file() + ": \"" + key + "\" must be an object, but is "
                    + config.json().get(key) + ".");
        }
        found.asMap().forEach((name, value) -> {
            if (value.isJsonObject()) {
                throw new FinetuneException(config.file() + ": \"" + key + "\" has settings of their own for \"" + name
                        + "\": " + value
                        + ". Rotary positions that differ from layer to layer are not supported; expected rope_type,"
                        + " rope_theta and so on, for all layers.");
            }
        });
        return found;
    }

    /** Where both are there, what the newer one says must be what is taken. */
    private static void refuseOther(ModelConfig config, JsonObject taken, JsonObject newer) {
        newer.asMap().forEach((key, value) -> {
            final boolean isType = key.equals("rope_type") || key.equals("type");
            if (!(isType ? type(newer).equals(type(taken)) : value.equals(taken.get(key)))) {
                throw new FinetuneException(
                        config.file() + ": \"rope_scaling\" and \"rope_parameters\" are both there, and"
                                + " Transformers takes the first alone, with the base "
                                + taken.get("rope_theta") + "; but the second says \"" + key + "\": " + value
                                + ". Write all that is meant into rope_parameters, and take rope_scaling out.");
            }
        });
    }

    /** The type, "default" where none is said. */
    String type() {
        return type(json);
    }

    private static String type(JsonObject json) {
        for (String key : List.of("rope_type", "type")) {
            if (json.has(key) && !json.get(key).isJsonNull()) {
                return json.get(key).getAsString();
            }
        }
        return "default";
    }

    double base() {
        final double base = needed("rope_theta");
        if (!(base > 0)) {
            throw refused("rope_theta", "it must be positive");
        }
        return base;
    }

    /** The length that the model was first trained with. */
    double originalPositions() {
        return config.has("original_max_position_embeddings")
                ? config.number("original_max_position_embeddings", positions)
                : number("original_max_position_embeddings").orElse((double) positions);
    }

    double needed(String key) {
        return number(key)
                .orElseThrow(() -> new FinetuneException(config.file() + ": rotary positions of type \"" + type()
                        + "\" need \"" + key + "\", and rope_parameters (or rope_scaling) lacks it."));
    }

    Optional<Double> number(String key) {
        if (!json.has(key) || json.get(key).isJsonNull()) {
            return Optional.empty();
        }
        return Optional.of(
                JsonNumbers.finite(json.get(key)).orElseThrow(() -> refused(key, "expected a finite number")));
    }

    boolean bool(String key, boolean otherwise) {
        return json.has(key) && !json.get(key).isJsonNull() ? json.get(key).getAsBoolean() : otherwise;
    }

    /** A factor for each pair of numbers of a head. */
    List<Double> factors(String key) {
        if (!(json.get(key) instanceof JsonArray array) || array.size() != headSize / 2) {
            throw refused(key, "expected a list of " + headSize / 2 + " numbers, one for each pair of a head");
        }
        final List<Double> factors = new ArrayList<>();
        for (JsonElement each : array) {
            factors.add(JsonNumbers.finite(each).orElseThrow(() -> refused(key, "expected finite numbers")));
        }
        return factors;
    }

    FinetuneException refused(String key, String why) {
        return new FinetuneException(config.file() + ": \"" + key + "\" of rotary positions is "
                + (json.has(key) ? json.get(key) : config.json().get(key)) + ": " + why + ".");
    }
}
