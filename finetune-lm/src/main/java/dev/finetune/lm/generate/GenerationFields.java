package dev.finetune.lm.generate;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import dev.finetune.error.FinetuneException;
import dev.finetune.generate.BeamStop;
import dev.finetune.generate.Generation;
import dev.finetune.internal.JsonNumbers;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Supplier;

/** The fields of a generation_config.json, each refused by its name if it holds something else. */
final class GenerationFields {
    /** What changes the text, and isn't supported: nothing of it may be asked for. */
    private static final List<String> UNSUPPORTED = List.of(
            "typical_p",
            "top_h",
            "epsilon_cutoff",
            "eta_cutoff",
            "encoder_repetition_penalty",
            "encoder_no_repeat_ngram_size",
            "bad_words_ids",
            "renormalize_logits",
            "exponential_decay_length_penalty",
            "suppress_tokens",
            "begin_suppress_tokens",
            "sequence_bias",
            "token_healing",
            "guidance_scale",
            "watermarking_config",
            "num_beam_groups",
            "diversity_penalty",
            "constraints",
            "force_words_ids",
            "penalty_alpha",
            "dola_layers",
            "is_assistant",
            "remove_invalid_values",
            "max_time");

    /** Of these 1 asks for nothing; of the others 0. */
    private static final Set<String> NEUTRAL_AT_ONE =
            Set.of("typical_p", "encoder_repetition_penalty", "guidance_scale", "num_beam_groups");

    private final JsonObject json;
    private final String name;

    GenerationFields(JsonObject json, String name) {
        this.json = json;
        this.name = name;
    }

    private boolean has(String key) {
        return json.has(key) && !json.get(key).isJsonNull();
    }

    private FinetuneException wrong(String key, String expected) {
        return new FinetuneException(name + ": '" + key + "' is " + json.get(key) + "; expected " + expected + ".");
    }

    void refuseUnsupported() {
        for (String key : UNSUPPORTED) {
            if (has(key) && !asksForNothing(key)) {
                throw new FinetuneException(
                        name + ": '" + key + "' is " + json.get(key)
                                + ", which changes what is written and isn't supported: take the field out to write without it.");
            }
        }
    }

    private boolean asksForNothing(String key) {
        final JsonElement value = json.get(key);
        if (value instanceof JsonArray array) {
            return array.isEmpty();
        }
        if (value instanceof JsonPrimitive primitive && primitive.isBoolean()) {
            return !primitive.getAsBoolean();
        }
        final double neutral = NEUTRAL_AT_ONE.contains(key) ? 1 : 0;
        return JsonNumbers.finite(value).orElse(Double.NaN) == neutral;
    }

    /** Says which field of which file it is that isn't as it must be. */
    private <T> T named(String key, Supplier<T> reading) {
        try {
            return reading.get();
        } catch (FinetuneException e) {
            throw new FinetuneException(
                    name + ": '" + key + "' is " + json.get(key) + ": " + e.getMessage()
                            + " Mend the field in the file, or take it out.",
                    e);
        }
    }

    private int wholeNumber(String key, JsonElement value) {
        return JsonNumbers.whole(value).orElseThrow(() -> wrong(key, "a whole number"));
    }

    Generation whole(String key, Generation settings, BiFunction<Generation, Integer, Generation> with) {
        if (!has(key)) {
            return settings;
        }
        final int value = wholeNumber(key, json.get(key));
        return named(key, () -> with.apply(settings, value));
    }

    Generation number(String key, Generation settings, BiFunction<Generation, Double, Generation> with) {
        if (!has(key)) {
            return settings;
        }
        final double value = JsonNumbers.finite(json.get(key)).orElseThrow(() -> wrong(key, "a number"));
        return named(key, () -> with.apply(settings, value));
    }

    Generation strings(String key, Generation settings, BiFunction<Generation, String[], Generation> with) {
        if (!has(key)) {
            return settings;
        }
        final List<String> all = new ArrayList<>();
        for (JsonElement each : listed(key)) {
            if (!(each instanceof JsonPrimitive string) || !string.isString()) {
                throw wrong(key, "a string, or a list of strings");
            }
            all.add(string.getAsString());
        }
        return named(key, () -> with.apply(settings, all.toArray(String[]::new)));
    }

    private List<JsonElement> listed(String key) {
        return json.get(key) instanceof JsonArray array ? array.asList() : List.of(json.get(key));
    }

    Generation early(String key, Generation settings) {
        if (!has(key)) {
            return settings;
        }
        for (BeamStop when : BeamStop.values()) {
            if (json.get(key) instanceof JsonPrimitive value
                    && value.getAsString().equals(when.inFile().toString())) {
                return settings.earlyStopping(when);
            }
        }
        throw wrong(key, "true, false or \"never\"");
    }

    /** The settings with how tokens are chosen: greedily, by samples or by beams. */
    Generation strategy(Generation settings) {
        final boolean samples = flag("do_sample");
        final int beams = has("num_beams") ? wholeNumber("num_beams", json.get("num_beams")) : 1;
        if (samples && beams > 1) {
            throw new FinetuneException(name + ": 'do_sample' is true and 'num_beams' " + beams
                    + ", and samples of beams aren't supported: set 'num_beams' to 1 or 'do_sample' to false.");
        }
        if (samples) {
            return Generation.sampled().orElse(settings);
        }
        return has("num_beams") || has("do_sample")
                ? named("num_beams", () -> Generation.beams(beams).orElse(settings))
                : settings;
    }

    private boolean flag(String key) {
        if (!has(key)) {
            return false;
        }
        if (json.get(key) instanceof JsonPrimitive value && value.isBoolean()) {
            return value.getAsBoolean();
        }
        throw wrong(key, "true or false");
    }

    /** Whether a temperature of 0 is said where nothing is drawn. */
    boolean isColdest() {
        return has("temperature") && JsonNumbers.finite(json.get("temperature")).orElse(1) == 0 && !flag("do_sample");
    }

    /** The token that comes first: "forced_bos_token_id", or, as config.json of old models says it, that one begins with. */
    OptionalInt forcedFirst() {
        final OptionalInt said = id("forced_bos_token_id");
        return said.isEmpty() && flag("force_bos_token_to_be_generated") ? id("bos_token_id") : said;
    }

    /** A token; -1, as some models say for none, is none. */
    OptionalInt id(String key) {
        final List<Integer> ids = ids(key);
        if (ids.size() > 1) {
            throw wrong(key, "one token's id");
        }
        return ids.isEmpty() ? OptionalInt.empty() : OptionalInt.of(ids.get(0));
    }

    /** Tokens, one or a list; -1, as some models say for none, is none. */
    List<Integer> ids(String key) {
        if (!has(key)) {
            return List.of();
        }
        final List<Integer> ids = listed(key).stream()
                .map(each -> wholeNumber(key, each))
                .filter(id -> id != -1)
                .toList();
        if (ids.stream().anyMatch(id -> id < 0)) {
            throw wrong(key, "ids of tokens, 0 and above");
        }
        return ids;
    }
}
