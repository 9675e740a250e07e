package dev.finetune;

import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Reads what {@link ModelWriter} put beside a model for this library alone: finetune.json. */
final class ModelRecord {
    private ModelRecord() {}

    /** The longest input that the model was trained with; 0 where that isn't recorded. */
    static int maxLength(Path directory) {
        final Path file = directory.resolve("finetune.json");
        if (!Files.isRegularFile(file)) {
            return 0;
        }
        try {
            final var json = JsonParser.parseString(Files.readString(file)).getAsJsonObject();
            return json.has("max_length") ? json.get("max_length").getAsInt() : 0;
        } catch (IOException | JsonParseException | IllegalStateException | NumberFormatException e) {
            throw new FinetuneException(
                    file + " can't be read (" + e.getMessage() + "); without it, the model loads as any checkpoint.",
                    e);
        }
    }
}
