package dev.finetune.lm.generate;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonObject;
import dev.finetune.error.FinetuneException;
import dev.finetune.generate.BeamStop;
import dev.finetune.generate.Generation;
import dev.finetune.internal.JsonFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.TreeMap;

/**
 * What a model's generation_config.json says of how it writes: settings, which those of a call go before, and tokens of its own.
 *
 * @param settings of the file
 * @param special the tokens that begin and end texts, but for those that are among the settings
 * @param coldest whether the file says temperature 0, which nothing can be drawn with: no matter, as in Transformers, as long as
 *     nothing is
 */
public record GenerationConfig(Generation settings, SpecialIds special, boolean coldest) {
    /** What the file is called. */
    public static final String FILE = "generation_config.json";

    private static final Gson GSON = new GsonBuilder().setPrettyPrinting().create();

    /** Nothing is null. */
    public GenerationConfig {
        Objects.requireNonNull(settings, "settings");
        Objects.requireNonNull(special, "special");
    }

    /**
     * Of a file that doesn't say temperature 0.
     *
     * @param settings of the file
     * @param special its tokens
     */
    public GenerationConfig(Generation settings, SpecialIds special) {
        this(settings, special, false);
    }

    /**
     * Reads a model's file, and where there is none what config.json says of it, as older models have it.
     *
     * @param directory of the model
     * @return what it says
     * @throws FinetuneException if it is damaged, or asks for what isn't supported, by the name of the file and of the field
     * @throws IOException if it can't be read
     */
    public static GenerationConfig read(Path directory) throws IOException {
        final Path own = directory.resolve(FILE);
        final Path file = Files.exists(own) ? own : directory.resolve("config.json");
        return of(JsonFile.object(file), file.toString());
    }

    /**
     * Reads the fields of an object; those that aren't about how texts are written are left aside.
     *
     * @param json of generation_config.json or config.json
     * @param name what an error calls it
     * @return what it says
     * @throws FinetuneException if a field has no such value, or asks for what isn't supported, by its name
     */
    public static GenerationConfig of(JsonObject json, String name) {
        final GenerationFields fields = new GenerationFields(json, name);
        fields.refuseUnsupported();
        final OptionalInt begin = fields.id("bos_token_id");
        return new GenerationConfig(
                settings(fields),
                new SpecialIds(
                        begin,
                        fields.id("pad_token_id"),
                        fields.id("decoder_start_token_id"),
                        fields.forcedFirst(),
                        fields.ids("forced_eos_token_id")),
                fields.isColdest());
    }

    private static Generation settings(GenerationFields fields) {
        Generation settings = Generation.asTheModel();
        settings = fields.isColdest() ? settings : fields.number("temperature", settings, Generation::temperature);
        settings = fields.whole("top_k", settings, Generation::topK);
        settings = fields.number("top_p", settings, Generation::topP);
        settings = fields.number("min_p", settings, Generation::minP);
        settings = fields.number("repetition_penalty", settings, Generation::repetitionPenalty);
        settings = fields.whole("no_repeat_ngram_size", settings, Generation::noRepeatNgram);
        settings = fields.whole("max_new_tokens", settings, Generation::maxNewTokens);
        settings = fields.whole("max_length", settings, Generation::maxLength);
        settings = fields.whole("min_new_tokens", settings, Generation::minNewTokens);
        settings = fields.whole("min_length", settings, Generation::minLength);
        settings = fields.whole("prompt_lookup_num_tokens", settings, Generation::promptLookup);
        settings = fields.strings("stop_strings", settings, Generation::stopAt);
        settings = fields.number("length_penalty", settings, Generation::lengthPenalty);
        settings = fields.early("early_stopping", settings);
        final List<Integer> ends = fields.ids("eos_token_id");
        if (!ends.isEmpty()) {
            settings = settings.stopTokens(ends.stream().mapToInt(id -> id).toArray());
        }
        return fields.whole("num_return_sequences", fields.strategy(settings), Generation::sequences);
    }

    /** {@return the fields of generation_config.json} */
    public JsonObject toJson() {
        final JsonObject json = new JsonObject();
        new TreeMap<>(settings.fields())
                .forEach((key, value) ->
                        json.add(key, GSON.toJsonTree(value instanceof BeamStop when ? when.inFile() : value)));
        if (coldest) {
            json.addProperty("temperature", 0);
        }
        special.begin().ifPresent(id -> json.addProperty("bos_token_id", id));
        special.padding().ifPresent(id -> json.addProperty("pad_token_id", id));
        special.decoderStart().ifPresent(id -> json.addProperty("decoder_start_token_id", id));
        special.forcedFirst().ifPresent(id -> json.addProperty("forced_bos_token_id", id));
        if (!special.forcedLast().isEmpty()) {
            json.add("forced_eos_token_id", GSON.toJsonTree(special.forcedLast()));
        }
        for (String list : List.of("eos_token_id", "forced_eos_token_id")) {
            if (json.has(list) && json.getAsJsonArray(list).size() == 1) {
                json.add(list, json.getAsJsonArray(list).get(0)); // As models have it.
            }
        }
        return json;
    }

    /**
     * Writes generation_config.json, which Transformers reads.
     *
     * @param directory of the model
     * @throws IOException if it can't be written
     */
    public void write(Path directory) throws IOException {
        Files.writeString(directory.resolve(FILE), GSON.toJson(toJson()) + "\n");
    }
}
