package dev.finetune.bert.text;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import dev.finetune.error.FinetuneException;
import dev.finetune.internal.JsonFile;
import dev.finetune.internal.PlainFile;
import dev.finetune.internal.SentenceSettings;
import dev.finetune.internal.StandIn;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;

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

    /** SentencePiece's own files, which are read where there is no other. */
    static final List<String> PIECES =
            List.of("spm.model", "spiece.model", "sentencepiece.bpe.model", "tokenizer.model");

    /** How conversations are written; read elsewhere, and saved with the rest. */
    private static final String TEMPLATE = "chat_template.jinja";

    private static final List<String> KNOWN = Stream.concat(
                    Stream.of(TOKENIZER, CONFIG, SPECIAL, ADDED, VOCAB_TXT, VOCAB_JSON, MERGES, TEMPLATE),
                    SentenceSettings.FILES.stream())
            .toList();

    private static final long MOST_BYTES = 256L << 20;

    /** More than three for each token of the largest vocabularies, pairs of merges included. */
    private static final int MOST_VALUES = 10_000_000;

    private static final String CLASS = "tokenizer_class";

    /** A maximum that means none: Transformers writes 1e30 where a tokenizer was given no maximum. */
    private static final double NO_MAXIMUM = 1e9;

    static TokenizerFiles read(Path directory) {
        if (!Files.isDirectory(directory)) {
            throw new FinetuneException(directory + " is not a directory; a tokenizer is opened from the directory of"
                    + " its model, with tokenizer.json or vocab.txt in it.");
        }
        Map<String, byte[]> contents = new LinkedHashMap<>();
        for (String name : KNOWN) {
            readFile(directory.resolve(name)).ifPresent(content -> contents.put(name, content));
        }
        if (Stream.of(TOKENIZER, VOCAB_TXT, VOCAB_JSON).noneMatch(contents::containsKey)) {
            PIECES.forEach(name -> readFile(directory.resolve(name)).ifPresent(content -> contents.put(name, content)));
        }
        return new TokenizerFiles(directory, contents);
    }

    private static Optional<byte[]> readFile(Path file) {
        if (!PlainFile.exists(file)) {
            return Optional.empty();
        }
        try {
            if (Files.size(file) > MOST_BYTES) {
                throw new FinetuneException(file + " has " + Files.size(file)
                        + " bytes; a tokenizer's file has at most " + MOST_BYTES + ".");
            }
            byte[] content = Files.readAllBytes(file);
            StandIn.refuse(file, content);
            return Optional.of(content);
        } catch (IOException e) {
            throw new FinetuneException(file + " cannot be read: " + e.getMessage(), e);
        }
    }

    /** The bytes of a file that is there. */
    byte[] bytes(String name) {
        return contents.getOrDefault(name, new byte[0]);
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
        return JsonFile.object(
                JsonFile.parse(text(name), path(name).toString(), MOST_VALUES),
                path(name).toString());
    }

    Path path(String name) {
        return directory.resolve(name);
    }

    /**
     * What is said of special tokens; the first that names one counts. special_tokens_map.json wins over
     * tokenizer_config.json, but says nothing where that lists all added tokens, as Transformers reads them.
     */
    List<JsonObject> settings() {
        final JsonObject config = json(CONFIG);
        return AddedTokens.areListedIn(config) ? List.of(config) : List.of(json(SPECIAL), config);
    }

    /** The special token that settings name, if any does. */
    Optional<String> named(String key) {
        return settings().stream()
                .flatMap(settings -> SpecialTokens.nameIn(settings, key).stream())
                .findFirst();
    }

    Optional<String> setting(String key) {
        return json(CONFIG).get(key) instanceof JsonPrimitive value
                ? Optional.of(value.getAsString())
                : Optional.empty();
    }

    /** The class of the tokenizer as Transformers calls it, without "Fast"; what config.json says counts last. */
    Optional<String> tokenizerClass() {
        return setting(CLASS).or(() -> other("config.json", CLASS)).map(name -> name.replaceAll("Fast$", ""));
    }

    /** The type of the model beside the tokenizer, where config.json says it. */
    Optional<String> modelType() {
        return other("config.json", "model_type");
    }

    /** What a file says that isn't the tokenizer's own, and so isn't saved with it. */
    private Optional<String> other(String name, String key) {
        if (!PlainFile.exists(path(name))) {
            return Optional.empty();
        }
        try {
            return JsonFile.read(path(name)) instanceof JsonObject object
                            && object.get(key) instanceof JsonPrimitive value
                    ? Optional.of(value.getAsString())
                    : Optional.empty();
        } catch (IOException e) {
            throw new FinetuneException(path(name) + " cannot be read: " + e.getMessage(), e);
        }
    }

    /** The file in which sentence-transformers looks for its own settings. */
    String sentences() {
        return SentenceSettings.FILES.stream().filter(this::has).findFirst().orElse(SentenceSettings.FILES.get(0));
    }

    /** The most tokens that the model takes, if the settings say: sentence-transformers' win over Transformers'. */
    OptionalInt modelMaxLength() {
        return Stream.of(
                        json(sentences()).get("max_seq_length"),
                        json(CONFIG).get("model_max_length"),
                        json(CONFIG).get("max_len"))
                .filter(value -> value instanceof JsonPrimitive number && number.isNumber())
                .limit(1)
                .mapToDouble(JsonElement::getAsDouble)
                .filter(maximum -> maximum >= 1 && maximum < NO_MAXIMUM)
                .mapToInt(maximum -> (int) maximum)
                .findFirst();
    }
}
