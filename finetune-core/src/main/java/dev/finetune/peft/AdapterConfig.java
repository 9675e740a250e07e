package dev.finetune.peft;

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
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.stream.Stream;

/**
 * An adapter_config.json as PEFT writes it. What is missing or null has its default.
 *
 * @param file where it was read, for messages
 * @param json what it says
 */
public record AdapterConfig(Path file, JsonObject json) {
    /**
     * Whether weights are stored (in, out); PEFT goes by the kind of each layer, whatever is said: it writes true for GPT-2's
     * Conv1D, and takes true back for linear layers.
     */
    static final String TRANSPOSED = "fan_in_fan_out";

    private static final String ALL_LINEAR = "all-linear";
    private static final String TARGETS = "target_modules";

    /** What is read of every method, and what changes nothing that a loaded adapter computes, whatever it says. */
    private static final Set<String> OF_ALL = Set.of(
            "peft_type",
            TARGETS,
            "modules_to_save",
            "task_type",
            "auto_mapping",
            "inference_mode",
            "runtime_config",
            TRANSPOSED);

    /** What chooses layers in its own way, be it a number or a word. */
    private static final Set<String> CHOOSING =
            Set.of("layers_to_transform", "exclude_modules", "trainable_token_indices", "target_parameters");

    /** Checks that both are there. */
    public AdapterConfig {
        Objects.requireNonNull(file, "file");
        Objects.requireNonNull(json, "json");
    }

    /**
     * Refuses what PEFT would compute otherwise than the method that is read. Options that are not known count as such
     * where they are switched on (true, or with entries); numbers and words among them only say more of an option.
     *
     * @param known the keys of the method
     * @throws FinetuneException naming the first one
     */
    void refuseOthers(Set<String> known) {
        for (String key : json.keySet()) {
            final JsonElement value = json.get(key);
            final boolean off = CHOOSING.contains(key) ? isEmpty(value) : !isOn(value);
            if (!OF_ALL.contains(key) && !known.contains(key) && !off) {
                throw refusal(key, "that is not supported: only an adapter without it can be loaded");
            }
        }
    }

    /**
     * {@return the adapted layers}
     *
     * @param usual what is adapted where none are named; empty where some must be
     * @throws FinetuneException if it can't be read, or if none are named
     */
    public TargetLayers targets(Optional<TargetLayers> usual) {
        if (isText(TARGETS)) {
            final String text = text(TARGETS, "");
            return text.equalsIgnoreCase(ALL_LINEAR) ? new TargetLayers.AllLinear() : new TargetLayers.Matching(text);
        }
        final List<String> names = strings(TARGETS);
        return usual.filter(any -> names.isEmpty()).orElseGet(() -> new TargetLayers.Named(names));
    }

    /** {@return what is trained whole: the modules to save, with those that PEFT adds for a task} */
    public List<String> trainedWhole() {
        return Stream.concat(strings("modules_to_save").stream(), headsOf(text("task_type", "")).stream())
                .distinct()
                .toList();
    }

    /**
     * {@return what PEFT trains whole for a task without being told}
     *
     * @param taskType the value of {@code task_type}
     */
    public static List<String> headsOf(String taskType) {
        return switch (taskType) {
            case "SEQ_CLS", "TOKEN_CLS" -> List.of("classifier", "score");
            case "QUESTION_ANS" -> List.of("qa_outputs");
            default -> List.of();
        };
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

    /**
     * {@return what to say of a key: the file, what it says there, and why not}
     *
     * @param key of the configuration
     * @param why not, without a stop at its end
     */
    public FinetuneException refusal(String key, String why) {
        return new FinetuneException(file + ": \"" + key + "\": " + value(key) + ": " + why + ".");
    }

    /** Whether nothing is said. */
    boolean isSilent(String key) {
        return isEmpty(value(key));
    }

    /** Whether true or false is said. */
    boolean isFlag(String key) {
        return isBoolean(value(key));
    }

    /** Whether something is said in one word. */
    private boolean isText(String key) {
        return value(key).isJsonPrimitive() && value(key).getAsJsonPrimitive().isString();
    }

    /**
     * {@return a word}
     *
     * @param key of the configuration
     * @param usual where nothing is said
     * @throws FinetuneException if something else is there
     */
    public String text(String key, String usual) {
        if (!isEmpty(value(key)) && !isText(key)) {
            throw refusal(key, "a text should be there");
        }
        return isText(key) ? value(key).getAsString() : usual;
    }

    /**
     * {@return a finite number; null, which PEFT can't compute with, is none}
     *
     * @param key of the configuration
     * @param usual where the key isn't there
     * @throws FinetuneException if something else is there
     */
    public double number(String key, double usual) {
        return json.has(key) ? number(key, json.get(key)) : usual;
    }

    /**
     * {@return a whole number}
     *
     * @param key of the configuration
     * @param usual where the key isn't there
     * @throws FinetuneException if something else is there
     */
    public int whole(String key, int usual) {
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

    /**
     * {@return whether an option is switched on; false where nothing is said}
     *
     * @param key of the configuration
     * @throws FinetuneException if something else than true, false or null is there
     */
    public boolean flag(String key) {
        if (!value(key).isJsonNull() && !isBoolean(value(key))) {
            throw refusal(key, "true or false should be there");
        }
        return isBoolean(value(key)) && value(key).getAsBoolean();
    }

    /**
     * {@return each name of a list once, in order; none where nothing is said}
     *
     * @param key of the configuration
     * @throws FinetuneException if something else is there
     */
    public List<String> strings(String key) {
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
