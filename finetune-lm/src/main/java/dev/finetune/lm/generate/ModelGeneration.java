package dev.finetune.lm.generate;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonObject;
import dev.finetune.error.FinetuneException;
import dev.finetune.internal.JsonFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A model's generation_config.json as it came, which is saved with the model as it is, and only understood where a text is written:
 * a model may be trained whatever it says.
 *
 * @param own what it holds; empty where there is none
 * @param config the model's config.json, which speaks of it in older models
 * @param directory where both come from
 */
public record ModelGeneration(Optional<JsonObject> own, JsonObject config, Path directory) {
    /**
     * Reads it.
     *
     * @param directory of the model
     * @param config its config.json
     * @return what there is
     * @throws FinetuneException if the file is no JSON
     */
    public static ModelGeneration read(Path directory, JsonObject config) {
        final Path file = directory.resolve(GenerationConfig.FILE);
        try {
            return new ModelGeneration(
                    Files.exists(file) ? Optional.of(JsonFile.object(file)) : Optional.empty(), config, directory);
        } catch (IOException e) {
            throw new FinetuneException(file + ": the file couldn't be read: " + e.getMessage(), e);
        }
    }

    /**
     * {@return what it says}
     *
     * @throws FinetuneException if it asks for what isn't supported, or a field has no such value, by its name
     */
    public GenerationConfig understood() {
        return own.map(json -> GenerationConfig.of(
                        json, directory.resolve(GenerationConfig.FILE).toString()))
                .orElseGet(() -> GenerationConfig.of(
                        config, directory.resolve("config.json").toString()));
    }

    /**
     * Writes the file, if there was one.
     *
     * @param folder of the saved model
     * @throws IOException if it can't be written
     */
    public void save(Path folder) throws IOException {
        if (own.isPresent()) {
            Files.writeString(
                    folder.resolve(GenerationConfig.FILE),
                    new GsonBuilder().setPrettyPrinting().create().toJson(own.get()) + "\n");
        }
    }
}
