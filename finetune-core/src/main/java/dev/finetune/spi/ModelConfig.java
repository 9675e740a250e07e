package dev.finetune.spi;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.finetune.error.FinetuneException;
import dev.finetune.internal.JsonFile;
import dev.finetune.internal.JsonNumbers;
import dev.finetune.internal.PlainFile;
import dev.finetune.nn.Activation;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;

/** A checkpoint's {@code config.json}, read with errors that name the file and the key. */
public final class ModelConfig {
    /** More outputs than any classifier has; each gets a name. */
    private static final int MOST_OUTPUTS = 1_000_000;

    private final Path file;
    private final JsonObject json;

    private ModelConfig(Path file, JsonObject json) {
        this.file = file;
        this.json = json;
    }

    /**
     * Reads {@code config.json} of a model directory.
     *
     * @param directory of a model
     * @return the configuration
     * @throws FinetuneException if there is none, or if it isn't a JSON object
     */
    public static ModelConfig read(Path directory) {
        final Path file = directory.resolve("config.json");
        if (!PlainFile.exists(file)) {
            throw new FinetuneException(
                    "No config.json in " + directory.toAbsolutePath() + ". A model directory holds config.json, "
                            + "weights (model.safetensors or pytorch_model.bin) and, for text, tokenizer.json or vocab.txt.");
        }
        try {
            return new ModelConfig(file, JsonFile.object(file));
        } catch (IOException e) {
            throw new FinetuneException(file + " could not be read: " + e.getMessage(), e);
        }
    }

    /**
     * {@return a configuration that wasn't read from config.json but told from elsewhere; errors name the file}
     *
     * @param file what errors name
     * @param json the settings
     */
    public static ModelConfig of(Path file, JsonObject json) {
        return new ModelConfig(file, json.deepCopy());
    }

    /** {@return the file that it was read from} */
    public Path file() {
        return file;
    }

    /** {@return a copy of everything in it} */
    public JsonObject json() {
        return json.deepCopy();
    }

    /**
     * {@return whether the key is there and not null}
     *
     * @param key as config.json calls it
     */
    public boolean has(String key) {
        return json.has(key) && !json.get(key).isJsonNull();
    }

    /**
     * {@return a string, or the default where the key is absent or null}
     *
     * @param key as config.json calls it
     * @param otherwise the default
     */
    public String string(String key, String otherwise) {
        return has(key) ? get(key, "a string", JsonElement::getAsString) : otherwise;
    }

    /**
     * {@return an activation by its name in Transformers, or the default where the key is absent or null}
     *
     * @param key as config.json calls it
     * @param otherwise the default's name
     * @throws FinetuneException naming the file and the key, if there is no such activation
     */
    public Activation activation(String key, String otherwise) {
        try {
            return Activation.named(string(key, otherwise));
        } catch (FinetuneException e) {
            throw new FinetuneException(file + ": \"" + key + "\": " + e.getMessage(), e);
        }
    }

    /**
     * {@return a whole number, or the default where the key is absent or null}
     *
     * @param key as config.json calls it
     * @param otherwise the default
     */
    public int integer(String key, int otherwise) {
        return has(key) ? get(key, "a whole number", ModelConfig::whole) : otherwise;
    }

    /**
     * {@return a number, or the default where the key is absent or null}
     *
     * @param key as config.json calls it
     * @param otherwise the default
     */
    public double number(String key, double otherwise) {
        return has(key) ? get(key, "a finite number", ModelConfig::finite) : otherwise;
    }

    /**
     * {@return a truth value, or the default where the key is absent or null}
     *
     * @param key as config.json calls it
     * @param otherwise the default
     */
    public boolean bool(String key, boolean otherwise) {
        return has(key) ? get(key, "true or false", JsonElement::getAsBoolean) : otherwise;
    }

    /**
     * {@return a positive whole number, or the default where the key is absent or null}
     *
     * @param key as config.json calls it
     * @param otherwise the default
     */
    public int size(String key, int otherwise) {
        final int size = integer(key, otherwise);
        if (size <= 0) {
            throw new FinetuneException(file + ": \"" + key + "\" must be positive, but is " + size + ".");
        }
        return size;
    }

    /**
     * {@return a number of outputs, or the default where the key is absent or null}
     *
     * @param key as config.json calls it
     * @param otherwise the default
     * @throws FinetuneException if it isn't from 1 to a million
     */
    public int outputs(String key, int otherwise) {
        final int outputs = size(key, otherwise);
        if (outputs > MOST_OUTPUTS) {
            throw new FinetuneException(
                    file + ": \"" + key + "\" is " + outputs + "; a model has at most " + MOST_OUTPUTS + " outputs.");
        }
        return outputs;
    }

    /**
     * {@return a list of strings, empty where the key is absent or null}
     *
     * @param key as config.json calls it
     */
    public List<String> strings(String key) {
        if (!has(key)) {
            return List.of();
        }
        return get(key, "a list of strings", element -> {
            final List<String> strings = new ArrayList<>();
            element.getAsJsonArray().forEach(item -> strings.add(item.getAsString()));
            return List.copyOf(strings);
        });
    }

    /**
     * {@return a list of whole numbers, or the default where the key is absent or null}
     *
     * @param key as config.json calls it
     * @param otherwise the default
     */
    public List<Integer> integers(String key, List<Integer> otherwise) {
        if (!has(key)) {
            return otherwise;
        }
        return get(key, "a list of whole numbers", element -> {
            final List<Integer> numbers = new ArrayList<>();
            element.getAsJsonArray().forEach(item -> numbers.add(whole(item)));
            return List.copyOf(numbers);
        });
    }

    /**
     * {@return the labels in {@code id2label} in the order of their ids, empty where there are none}
     *
     * @throws FinetuneException if ids aren't the whole numbers from 0 on, or if a name is there twice
     */
    public List<String> labels() {
        if (!has("id2label")) {
            return List.of();
        }
        final Map<Integer, String> byId = get("id2label", "an object from ids to names", element -> {
            final Map<Integer, String> named = new TreeMap<>();
            element.getAsJsonObject()
                    .asMap()
                    .forEach((id, name) -> named.put(Integer.parseInt(id.strip()), name.getAsString()));
            return named;
        });
        int next = 0;
        for (int id : byId.keySet()) {
            if (id != next++) {
                throw new FinetuneException(file + ": \"id2label\" has the ids " + byId.keySet()
                        + ", where they should run" + " from 0 to " + (byId.size() - 1)
                        + " without gaps: each names a row of the classifier. Correct them.");
            }
        }
        final List<String> names = List.copyOf(byId.values());
        if (Set.copyOf(names).size() < names.size()) {
            throw new FinetuneException(file + ": \"id2label\" gives two outputs the same name, " + names
                    + ": nobody could tell them apart. Give each a name of its own.");
        }
        return names;
    }

    /**
     * {@return the names of a classifier's outputs: {@link #labels()}, or LABEL_0, LABEL_1 ... as Transformers calls
     * them where there are none, or not as many as {@code num_labels} says: as many as that, or two}
     */
    public List<String> outputNames() {
        final List<String> named = labels();
        final int count = outputs("num_labels", named.isEmpty() ? 2 : named.size());
        return named.size() == count
                ? named
                : IntStream.range(0, count).mapToObj(i -> "LABEL_" + i).toList();
    }

    /**
     * Refuses a setting that changes the computation in a way that isn't supported.
     *
     * @param key as config.json calls it
     * @param allowed the one value that is computed; absent and null count as that
     */
    public void refuseUnless(String key, String allowed) {
        final String found = has(key) ? json.get(key).toString().replace("\"", "") : allowed;
        if (!found.equals(allowed)) {
            throw new FinetuneException(
                    file + ": \"" + key + "\": " + json.get(key) + " is not supported (only " + allowed + " is).");
        }
    }

    /**
     * Refuses a setting that says under another name, by which Transformers knows it too and which it lets win, something else than
     * is computed.
     *
     * @param alias the other name
     * @param key as config.json calls it
     * @param used what is computed
     * @throws FinetuneException naming both, if the other name is there and says something else
     */
    public void refuseAlias(String alias, String key, int used) {
        if (has(alias) && integer(alias, used) != used) {
            throw new FinetuneException(
                    file + ": \"" + alias + "\" is " + json.get(alias) + ", which Transformers takes for \""
                            + key + "\", but that is " + (has(key) ? json.get(key) : used + " where nothing is said")
                            + ". Write the one that is meant into \"" + key + "\", and take the other out.");
        }
    }

    /**
     * Refuses what says, whatever the family, that the network isn't the one that its architecture's name stands for:
     * quantised weights, and Python code of the model's own.
     *
     * @throws FinetuneException naming the key
     */
    public void refuseOtherComputations() {
        if (has("quantization_config")) {
            throw new FinetuneException(
                    file + ": \"quantization_config\": " + json.get("quantization_config")
                            + ": quantised weights are not supported; use the model's unquantised weights, with"
                            + " base(Quantized.nf4()) where they are to take less memory, or dequantise and save them in Python.");
        }
        if (has("auto_map")) {
            throw new FinetuneException(file + ": \"auto_map\": " + json.get("auto_map")
                    + ": the model is computed by Python code of its own, which is not run. If the network is a plain "
                    + string("model_type", "one") + " after all, remove the entry.");
        }
    }

    private static int whole(JsonElement element) {
        return JsonNumbers.whole(element).orElseThrow();
    }

    private static double finite(JsonElement element) {
        return JsonNumbers.finite(element).orElseThrow();
    }

    private <T> T get(String key, String expected, java.util.function.Function<JsonElement, T> reader) {
        final JsonElement element = json.get(key);
        try {
            return reader.apply(element);
        } catch (RuntimeException e) {
            throw new FinetuneException(
                    file + ": \"" + key + "\" should be " + expected + ", but is " + element + ".", e);
        }
    }
}
