package dev.finetune;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import dev.finetune.checkpoint.AdapterParameters;
import dev.finetune.checkpoint.SafetensorsWriter;
import dev.finetune.nn.Buffer;
import dev.finetune.nn.Network;
import dev.finetune.nn.Parameter;
import dev.finetune.task.Task;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;

/** LoRA and IA3 adapters in PEFT's format: adapter_config.json and adapter_model.safetensors. */
final class AdapterFiles {
    private static final Gson GSON =
            new GsonBuilder().setPrettyPrinting().serializeNulls().create();
    private static final int SHOWN = 4;
    private static final String ALL_LINEAR = "all-linear";
    private static final List<String> WITHOUT_EFFECT_IF_FALSE = List.of("lora_bias", "fan_in_fan_out");
    private static final List<String> WITHOUT_EFFECT_IF_EMPTY =
            List.of("layers_to_transform", "exclude_modules", "trainable_token_indices");

    private AdapterFiles() {}

    /** What an adapter's configuration says. */
    static PeftMethod read(Path directory) {
        final Path file = directory.resolve("adapter_config.json");
        try {
            final JsonObject json =
                    JsonParser.parseString(Files.readString(file)).getAsJsonObject();
            final String type = json.get("peft_type").getAsString();
            refuse(file, json);
            return switch (type) {
                case "LORA" -> lora(file, json);
                case "IA3" ->
                    new Ia3(targets(json, Optional.empty()), strings(json, "feedforward_modules"), trainedWhole(json));
                default ->
                    throw new FinetuneException(
                            file + ": the peft_type \"" + type + "\" is not supported; LORA and IA3 are.");
            };
        } catch (IOException e) {
            throw new FinetuneException(
                    file + " could not be read: " + e + ". An adapter's directory holds"
                            + " adapter_config.json and adapter_model.safetensors.",
                    e);
        } catch (JsonParseException | IllegalStateException | NullPointerException | NumberFormatException e) {
            throw new FinetuneException(file + " is not an adapter's configuration: " + e.getMessage(), e);
        }
    }

    private static Lora lora(Path file, JsonObject json) {
        return new Lora(
                json.get("r").getAsInt(),
                json.get("lora_alpha").getAsDouble(),
                json.get("lora_dropout").getAsDouble(),
                json.has("use_rslora") && json.get("use_rslora").getAsBoolean(),
                json.has("use_dora") && json.get("use_dora").getAsBoolean(),
                biases(file, json),
                targets(json, Optional.of(Lora.QUERIES_AND_VALUES)),
                trainedWhole(json),
                numbers(json, "rank_pattern", JsonElement::getAsInt),
                numbers(json, "alpha_pattern", JsonElement::getAsDouble));
    }

    /** The modules to save, with those that PEFT adds for a task. */
    private static List<String> trainedWhole(JsonObject json) {
        final JsonElement task = json.get("task_type");
        final List<String> heads = switch (task == null || task.isJsonNull() ? "" : task.getAsString()) {
            case "SEQ_CLS", "TOKEN_CLS" -> List.of("classifier", "score");
            case "QUESTION_ANS" -> List.of("qa_outputs");
            default -> List.of();
        };
        return Lora.joined(strings(json, "modules_to_save"), heads);
    }

    private static TargetLayers targets(JsonObject json, Optional<TargetLayers> usual) {
        final JsonElement said = json.get("target_modules");
        if (said != null && said.isJsonPrimitive()) {
            final String text = said.getAsString();
            return text.equalsIgnoreCase(ALL_LINEAR) ? new TargetLayers.AllLinear() : new TargetLayers.Matching(text);
        }
        final List<String> names = strings(json, "target_modules");
        return usual.filter(any -> names.isEmpty()).orElseGet(() -> new TargetLayers.Named(names));
    }

    private static <T> Map<String, T> numbers(JsonObject json, String key, Function<JsonElement, T> number) {
        final Map<String, T> numbers = new LinkedHashMap<>();
        if (json.has(key) && !isEmpty(json.get(key))) {
            json.getAsJsonObject(key)
                    .entrySet()
                    .forEach(entry -> numbers.put(entry.getKey(), number.apply(entry.getValue())));
        }
        return numbers;
    }

    private static Lora.Biases biases(Path file, JsonObject json) {
        final String name = json.has("bias") ? json.get("bias").getAsString() : "none";
        return Stream.of(Lora.Biases.values())
                .filter(biases -> name(biases).equals(name))
                .findFirst()
                .orElseThrow(() -> new FinetuneException(
                        file + ": \"bias\": \"" + name + "\" is not known; there are none, all and lora_only."));
    }

    private static String name(Lora.Biases biases) {
        return biases.name().toLowerCase(Locale.ROOT);
    }

    private static void refuse(Path file, JsonObject json) {
        for (String key : WITHOUT_EFFECT_IF_FALSE) {
            if (json.has(key) && json.get(key).getAsBoolean()) {
                throw new FinetuneException(file + ": \"" + key + "\": true is not supported.");
            }
        }
        for (String key : WITHOUT_EFFECT_IF_EMPTY) {
            if (json.has(key) && !isEmpty(json.get(key))) {
                throw new FinetuneException(file + ": \"" + key + "\" is not supported, but has entries.");
            }
        }
    }

    private static boolean isEmpty(JsonElement value) {
        return value.isJsonNull()
                || value.isJsonObject() && value.getAsJsonObject().isEmpty()
                || value.isJsonArray() && value.getAsJsonArray().isEmpty();
    }

    private static List<String> strings(JsonObject json, String key) {
        if (!json.has(key) || json.get(key).isJsonNull()) {
            return List.of();
        }
        if (!json.get(key).isJsonArray()) {
            throw new IllegalStateException("\"" + key + "\" should be a list of names, but is " + json.get(key));
        }
        final List<String> all = new ArrayList<>();
        for (JsonElement element : json.getAsJsonArray(key)) {
            if (!all.contains(element.getAsString())) {
                all.add(element.getAsString());
            }
        }
        return all;
    }

    /**
     * Writes a network's additions and what was trained whole, and beside them how the task is calibrated, which PEFT doesn't
     * read.
     *
     * @throws FinetuneException if other parameters were trained, or are random
     */
    static void write(Path directory, Network network, PeftMethod method, Task task, String base) {
        final Set<String> adapted = network.adaptedLayers();
        final List<Parameter> others = network.parameters().stream()
                .filter(parameter -> !method.owns(parameter.name(), adapted))
                .toList();
        refuseLoss(
                others.stream().filter(Parameter::isTrained),
                " were unfrozen and trained, but don't belong to the adapter and would be lost: name their layers in"
                        + " alsoTrained(...), or save the merged model with save(...).");
        refuseLoss(
                others.stream().filter(Parameter::isFresh),
                " started at random and don't belong to the adapter, which would predict otherwise wherever it is loaded:"
                        + " save the merged model with save(...).");
        try {
            Files.createDirectories(directory);
            final Map<String, Tensor> tensors = new LinkedHashMap<>();
            for (Parameter parameter : network.parameters()) {
                if (parameter.name().startsWith(AdapterParameters.PREFIX)) {
                    tensors.put(parameter.name(), parameter.value());
                } else if (method.trains(parameter.name(), adapted)) {
                    tensors.put(
                            AdapterParameters.PREFIX + method.savedName(parameter.name(), adapted), parameter.value());
                }
            }
            for (Buffer buffer : network.buffers()) {
                if (method.trains(buffer.name(), adapted)) {
                    tensors.put(AdapterParameters.PREFIX + buffer.name(), buffer.value());
                }
            }
            SafetensorsWriter.write(directory.resolve("adapter_model.safetensors"), tensors, Map.of("format", "pt"));
            Files.writeString(
                    directory.resolve("adapter_config.json"),
                    GSON.toJson(config(method, network, task.head(), base)) + "\n");
            task.calibration().write(directory);
        } catch (IOException e) {
            throw new FinetuneException(
                    "The adapter could not be saved in " + directory.toAbsolutePath() + ": " + e, e);
        }
    }

    private static void refuseLoss(Stream<Parameter> lost, String why) {
        final List<String> names = lost.map(Parameter::name).toList();
        if (!names.isEmpty()) {
            throw new FinetuneException("saveAdapter(...): " + few(names) + why);
        }
    }

    /** Some of many names. */
    static String few(List<String> names) {
        final String shown = String.join(", ", names.subList(0, Math.min(SHOWN, names.size())));
        return names.size() <= SHOWN ? shown : shown + " and " + (names.size() - SHOWN) + " more";
    }

    private static JsonObject config(PeftMethod method, Network network, Head head, String base) {
        final Set<String> adapted = network.adaptedLayers();
        final boolean allLinear = method.targets() instanceof TargetLayers.AllLinear; // PEFT saves their names, too.
        final JsonObject json = new JsonObject();
        json.addProperty("peft_type", method instanceof Ia3 ? "IA3" : "LORA");
        json.addProperty("base_model_name_or_path", base);
        json.add("task_type", JsonNull.INSTANCE);
        if (head instanceof Head.Tokens) {
            json.addProperty("task_type", "TOKEN_CLS");
        } else if (head instanceof Head.QuestionAnswering) {
            json.addProperty("task_type", "QUESTION_ANS");
        } else if (!(head instanceof Head.MaskedLm)) {
            json.addProperty("task_type", "SEQ_CLS");
        }
        if (method instanceof Lora lora) {
            json.addProperty("r", lora.rank());
            json.addProperty("lora_alpha", lora.alpha());
            json.addProperty("lora_dropout", lora.dropout());
            json.addProperty("use_rslora", lora.rankStabilised());
            json.addProperty("use_dora", lora.dora());
            json.addProperty("bias", name(lora.biases()));
            json.add("rank_pattern", GSON.toJsonTree(lora.ranks()));
            json.add("alpha_pattern", GSON.toJsonTree(lora.alphas()));
            json.addProperty("init_lora_weights", true);
        } else if (method instanceof Ia3 ia3) {
            json.add(
                    "feedforward_modules",
                    array(allLinear ? adapted.stream().filter(ia3::scalesInputs).toList() : ia3.feedForward()));
            json.addProperty("init_ia3_weights", true);
        }
        if (method.targets() instanceof TargetLayers.Matching matching) {
            json.addProperty("target_modules", matching.regex());
        } else {
            json.add(
                    "target_modules",
                    array(method.targets() instanceof TargetLayers.Named named ? named.names() : adapted));
        }
        json.add(
                "modules_to_save",
                array(method.alsoTrainedOf(
                        network.parameters().stream().map(Parameter::name).toList())));
        json.addProperty("fan_in_fan_out", false);
        json.addProperty("inference_mode", true);
        return json;
    }

    private static JsonArray array(Collection<String> names) {
        final JsonArray array = new JsonArray();
        names.forEach(array::add);
        return array;
    }
}
