package dev.finetune.bert.text;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import dev.finetune.FinetuneException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A model directory's files about its tokenizer, as they were read: kept, so that they can be saved again unchanged.
 *
 * @param directory where they were
 * @param contents what each held, by file name
 */
record TokenizerFiles(Path directory, Map<String, byte[]> contents) {
    static final String TOKENIZER = "tokenizer.json";
    static final String CONFIG = "tokenizer_config.json";
    static final String SPECIAL = "special_tokens_map.json";
    static final String ADDED = "added_tokens.json";
    static final String VOCAB_TXT = "vocab.txt";
    static final String VOCAB_JSON = "vocab.json";
    static final String MERGES = "merges.txt";

    private static final List<String> KNOWN = List.of(TOKENIZER, CONFIG, SPECIAL, ADDED, VOCAB_TXT, VOCAB_JSON, MERGES);

    /** A maximum that means none: Transformers writes 1e30 where a tokenizer was given no maximum. */
    private static final double NO_MAXIMUM = 1e9;

    static TokenizerFiles read(Path directory) {
        if (!Files.isDirectory(directory)) {
            throw new FinetuneException(directory + " is not a directory; a tokenizer is opened from the directory of"
                    + " its model, with tokenizer.json or vocab.txt in it.");
        }
        Map<String, byte[]> contents = new LinkedHashMap<>();
        for (String name : KNOWN) {
            Path file = directory.resolve(name);
            if (Files.isRegularFile(file)) {
                try {
                    contents.put(name, Files.readAllBytes(file));
                } catch (IOException e) {
                    throw new FinetuneException(file + " cannot be read: " + e.getMessage(), e);
                }
            }
        }
        return new TokenizerFiles(directory, contents);
    }

    boolean has(String name) {
        return contents.containsKey(name);
    }

    String text(String name) {
        String text = new String(contents.getOrDefault(name, new byte[0]), StandardCharsets.UTF_8);
        return text.startsWith("\ufeff") ? text.substring(1) : text;
    }

    /** A file's lines, ended by any of the usual line ends. */
    List<String> lines(String name) {
        return text(name).lines().toList();
    }

    /** A file's JSON object; an empty one where there is no file. */
    JsonObject json(String name) {
        if (!has(name)) {
            return new JsonObject();
        }
        try {
            JsonElement element = JsonParser.parseString(text(name));
            if (element instanceof JsonObject object) {
                return object;
            }
            throw new FinetuneException(path(name) + " holds no JSON object.");
        } catch (JsonParseException e) {
            throw new FinetuneException(path(name) + " is not JSON: " + e.getMessage(), e);
        }
    }

    Path path(String name) {
        return directory.resolve(name);
    }

    /** What tokenizer_config.json and special_tokens_map.json say, the first of them first. */
    List<JsonObject> settings() {
        return List.of(json(CONFIG), json(SPECIAL));
    }

    Optional<String> setting(String key) {
        return json(CONFIG).get(key) instanceof JsonPrimitive value
                ? Optional.of(value.getAsString())
                : Optional.empty();
    }

    /** The most tokens that the model takes, if the settings say. */
    OptionalInt modelMaxLength() {
        if (json(CONFIG).get("model_max_length") instanceof JsonPrimitive value && value.isNumber()) {
            double maximum = value.getAsDouble();
            return maximum >= 1 && maximum < NO_MAXIMUM ? OptionalInt.of((int) maximum) : OptionalInt.empty();
        }
        return OptionalInt.empty();
    }

    /** Refuses settings that would change every batch and that this library does not follow. */
    void refuseLeft() {
        for (String key : List.of("padding_side", "truncation_side")) {
            if (setting(key).filter("left"::equals).isPresent()) {
                throw new FinetuneException(path(CONFIG) + " sets " + key + " to \"left\"; encoders of the BERT family"
                        + " pad and cut on the right. Set it to \"right\" if the model was trained so.");
            }
        }
    }
}
