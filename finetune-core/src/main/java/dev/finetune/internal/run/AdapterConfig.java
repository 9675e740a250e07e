package dev.finetune.internal.run;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import dev.finetune.error.FinetuneException;
import dev.finetune.internal.JsonNumbers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;

/**
 * An adapter_config.json as PEFT writes it. What is missing or null has its default.
 *
 * @param file where it was read, for messages
 * @param json what it says
 */
record AdapterConfig(Path file, JsonObject json) {
    private static final String INIT = "init_lora_weights";

    /** What is read, and what changes nothing that a loaded adapter computes, whatever it says. */
    private static final Set<String> KNOWN = Set.of(
            "peft_type",
            "r",
            "lora_alpha",
            "lora_dropout",
            "use_rslora",
            "use_dora",
            "bias",
            "target_modules",
            "feedforward_modules",
            "modules_to_save",
            "rank_pattern",
            "alpha_pattern",
            "task_type",
            "auto_mapping",
            "inference_mode",
            INIT,
            "init_ia3_weights",
            "loftq_config",
            "eva_config",
            "corda_config",
            "lora_ga_config",
            "runtime_config");

    /** What chooses layers in its own way, be it a number or a word. */
    private static final Set<String> CHOOSING =
            Set.of("layers_to_transform", "exclude_modules", "trainable_token_indices", "target_parameters");

    /** Ways to start that leave the base's weights as they are. */
    private static final Set<String> PLAIN_STARTS = Set.of("gaussian", "eva", "orthogonal");

    /** Ways to start that take the additions' first values out of the base's weights (their names' first letters). */
    private static final List<String> CHANGING_STARTS = List.of("pissa", "olora", "corda", "lora_ga");

    /**
     * Refuses what PEFT would compute otherwise than plain LoRA, DoRA or IA3. Options that are not known count as such
     * where they are switched on (true, or with entries); numbers and words among them only say more of an option.
     *
     * @throws FinetuneException naming the first one
     */
    void refuseWhatComputesOtherwise() {
        for (String key : json.keySet()) {
            final JsonElement value = json.get(key);
            final boolean off = CHOOSING.contains(key) ? isEmpty(value) : !isOn(value);
            if (!KNOWN.contains(key) && !off) {
                throw refusal(key, "that is not supported: only an adapter without it can be loaded");
            }
        }
        refuseStart(value(INIT));
    }

    private void refuseStart(JsonElement start) {
        if (isEmpty(start) || isBoolean(start)) {
            return;
        }
        final String name = text(INIT, "").toLowerCase(Locale.ROOT);
        if (CHANGING_STARTS.stream().anyMatch(name::startsWith)) {
            throw refusal(
                    INIT,
                    "it changed the base's weights when training began, so that on the original base the adapter would"
                            + " compute something else. In Python, save it as plain LoRA:"
                            + " save_pretrained(..., path_initial_model_for_weight_conversion=...) with the adapter as it"
                            + " was before training");
        }
        if (name.equals("loftq")) {
            throw refusal(
                    INIT, "it belongs to a base with quantised weights, not to the original one: merge it in Python");
        }
        if (!PLAIN_STARTS.contains(name)) {
            throw refusal(INIT, "that is not supported; true, false, " + String.join(", ", PLAIN_STARTS) + " are");
        }
    }

    /** Whether something is switched on. */
    private static boolean isOn(JsonElement value) {
        return isBoolean(value) ? value.getAsBoolean() : !value.isJsonPrimitive() && !isEmpty(value);
    }

    private static boolean isBoolean(JsonElement value) {
        return value.isJsonPrimitive() && value.getAsJsonPrimitive().isBoolean();
    }

    private static boolean isEmpty(JsonElement value) {
        return value.isJsonNull()
                || value.isJsonObject() && value.getAsJsonObject().isEmpty()
                || value.isJsonArray() && value.getAsJsonArray().isEmpty();
    }

    private JsonElement value(String key) {
        return json.has(key) ? json.get(key) : JsonNull.INSTANCE;
    }

    /** What to say of a key: the file, what it says there, and why not. */
    FinetuneException refusal(String key, String why) {
        return new FinetuneException(file + ": \"" + key + "\": " + value(key) + ": " + why + ".");
    }

    /** Whether something is said in one word. */
    boolean isText(String key) {
        return value(key).isJsonPrimitive() && value(key).getAsJsonPrimitive().isString();
    }

    String text(String key, String usual) {
        if (!isEmpty(value(key)) && !isText(key)) {
            throw refusal(key, "a text should be there");
        }
        return isText(key) ? value(key).getAsString() : usual;
    }

    /** A number; null, which PEFT can't compute with, is none. */
    double number(String key, double usual) {
        return json.has(key) ? number(key, json.get(key)) : usual;
    }

    int whole(String key, int usual) {
        return json.has(key) ? whole(key, json.get(key)) : usual;
    }

    double number(String key, JsonElement value) {
        refuseOther(key, value);
        return JsonNumbers.finite(value).orElseThrow(() -> refusal(key, "a finite number should be there"));
    }

    int whole(String key, JsonElement value) {
        refuseOther(key, value);
        return JsonNumbers.whole(value).orElseThrow(() -> refusal(key, "a whole number should be there"));
    }

    private void refuseOther(String key, JsonElement value) {
        if (!value.isJsonPrimitive() || !value.getAsJsonPrimitive().isNumber()) {
            throw refusal(key, "a number should be there");
        }
    }

    boolean flag(String key) {
        if (!value(key).isJsonNull() && !isBoolean(value(key))) {
            throw refusal(key, "true or false should be there");
        }
        return isBoolean(value(key)) && value(key).getAsBoolean();
    }

    /** Each name once, in order. */
    List<String> strings(String key) {
        final List<String> all = new ArrayList<>();
        if (value(key).isJsonNull()) {
            return all;
        }
        if (!(value(key) instanceof JsonArray array)) {
            throw refusal(key, "a list of names should be there");
        }
        for (JsonElement element : array) {
            if (!element.isJsonPrimitive()) {
                throw refusal(key, "a list of names should be there");
            }
            if (!all.contains(element.getAsString())) {
                all.add(element.getAsString());
            }
        }
        return all;
    }

    /** Numbers by names, in order, each read by the key that it belongs to. */
    <T> Map<String, T> each(String key, BiFunction<String, JsonElement, T> number) {
        final Map<String, T> numbers = new LinkedHashMap<>();
        if (!isEmpty(value(key))) {
            if (!(value(key) instanceof JsonObject object)) {
                throw refusal(key, "numbers by names should be there");
            }
            object.entrySet().forEach(entry -> numbers.put(entry.getKey(), number.apply(key, entry.getValue())));
        }
        return numbers;
    }
}
