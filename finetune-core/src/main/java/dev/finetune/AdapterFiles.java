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
import dev.finetune.nn.Network;
import dev.finetune.nn.Parameter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/** LoRA adapters in PEFT's format: adapter_config.json and adapter_model.safetensors. */
final class AdapterFiles {
    private static final Gson GSON =
            new GsonBuilder().setPrettyPrinting().serializeNulls().create();
    private static final List<String> WITHOUT_EFFECT_IF_FALSE = List.of("use_dora", "lora_bias", "fan_in_fan_out");
    private static final List<String> WITHOUT_EFFECT_IF_EMPTY = List.of("alpha_pattern", "rank_pattern");

    private AdapterFiles() {}

    /** What an adapter's configuration says. */
    static Lora read(Path directory) {
        final Path file = directory.resolve("adapter_config.json");
        try {
            final JsonObject json =
                    JsonParser.parseString(Files.readString(file)).getAsJsonObject();
            if (!"LORA".equals(json.get("peft_type").getAsString())) {
                throw new FinetuneException(
                        file + ": the peft_type " + json.get("peft_type") + " is not supported; only LORA is.");
            }
            refuse(file, json);
            return new Lora(
                    json.get("r").getAsInt(),
                    json.get("lora_alpha").getAsDouble(),
                    json.get("lora_dropout").getAsDouble(),
                    json.has("use_rslora") && json.get("use_rslora").getAsBoolean(),
                    strings(json, "target_modules"),
                    strings(json, "modules_to_save"));
        } catch (IOException e) {
            throw new FinetuneException(
                    file + " could not be read: " + e + ". An adapter's directory holds"
                            + " adapter_config.json and adapter_model.safetensors.",
                    e);
        } catch (JsonParseException | IllegalStateException | NullPointerException | NumberFormatException e) {
            throw new FinetuneException(file + " is not an adapter's configuration: " + e.getMessage(), e);
        }
    }

    private static void refuse(Path file, JsonObject json) {
        for (String key : WITHOUT_EFFECT_IF_FALSE) {
            if (json.has(key) && json.get(key).getAsBoolean()) {
                throw new FinetuneException(file + ": \"" + key + "\": true is not supported.");
            }
        }
        for (String key : WITHOUT_EFFECT_IF_EMPTY) {
            if (json.has(key) && !json.getAsJsonObject(key).isEmpty()) {
                throw new FinetuneException(file + ": \"" + key + "\" is not supported, but has entries.");
            }
        }
        if (json.has("bias") && !"none".equals(json.get("bias").getAsString())) {
            throw new FinetuneException(file + ": \"bias\": " + json.get("bias") + " is not supported, only none is.");
        }
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

    /** Writes a network's additions and what was trained whole. */
    static void write(Path directory, Network network, Lora lora, Head head, String base) {
        try {
            Files.createDirectories(directory);
            final Map<String, Tensor> tensors = new LinkedHashMap<>();
            for (Parameter parameter : network.parameters()) {
                if (parameter.name().startsWith(AdapterParameters.PREFIX)) {
                    tensors.put(parameter.name(), parameter.value());
                } else if (lora.trains(parameter.name())) {
                    tensors.put(AdapterParameters.PREFIX + parameter.name(), parameter.value());
                }
            }
            SafetensorsWriter.write(directory.resolve("adapter_model.safetensors"), tensors, Map.of("format", "pt"));
            Files.writeString(directory.resolve("adapter_config.json"), GSON.toJson(config(lora, head, base)) + "\n");
        } catch (IOException e) {
            throw new FinetuneException(
                    "The adapter could not be saved in " + directory.toAbsolutePath() + ": " + e, e);
        }
    }

    private static JsonObject config(Lora lora, Head head, String base) {
        final JsonObject json = new JsonObject();
        json.addProperty("peft_type", "LORA");
        json.addProperty("base_model_name_or_path", base);
        json.add("task_type", JsonNull.INSTANCE);
        if (head instanceof Head.Tokens) {
            json.addProperty("task_type", "TOKEN_CLS");
        } else if (head instanceof Head.QuestionAnswering) {
            json.addProperty("task_type", "QUESTION_ANS");
        } else if (!(head instanceof Head.MaskedLm)) {
            json.addProperty("task_type", "SEQ_CLS");
        }
        json.addProperty("r", lora.rank());
        json.addProperty("lora_alpha", lora.alpha());
        json.addProperty("lora_dropout", lora.dropout());
        json.addProperty("use_rslora", lora.rankStabilised());
        json.add("target_modules", array(lora.targets()));
        json.add("modules_to_save", array(lora.alsoTrained()));
        json.addProperty("bias", "none");
        json.addProperty("fan_in_fan_out", false);
        json.addProperty("inference_mode", true);
        json.addProperty("init_lora_weights", true);
        return json;
    }

    private static JsonArray array(List<String> names) {
        final JsonArray array = new JsonArray();
        names.forEach(array::add);
        return array;
    }
}
