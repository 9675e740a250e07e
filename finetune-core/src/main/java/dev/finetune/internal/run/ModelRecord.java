package dev.finetune.internal.run;

import com.google.gson.JsonObject;
import dev.finetune.error.FinetuneException;
import dev.finetune.internal.JsonFile;
import dev.finetune.internal.JsonNumbers;
import dev.finetune.internal.PlainFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.NoSuchElementException;
import java.util.Optional;

/** Reads what {@link ModelWriter} put beside a model for this library alone: finetune.json. */
final class ModelRecord {
    private ModelRecord() {}

    /** The longest input that the model was trained with; 0 where that isn't recorded. */
    static int maxLength(Path directory) {
        try {
            return find(directory)
                    .filter(json -> json.has("max_length"))
                    .map(json -> JsonNumbers.whole(json.get("max_length")).orElseThrow())
                    .orElse(0);
        } catch (NoSuchElementException e) {
            throw unreadable(directory, e);
        }
    }

    /** What a directory's record says, if there is one. */
    static Optional<JsonObject> find(Path directory) {
        final Path file = directory.resolve(ModelFiles.RECORD);
        if (!PlainFile.exists(file)) {
            return Optional.empty();
        }
        try {
            return Optional.of(JsonFile.object(file));
        } catch (IOException | FinetuneException e) {
            throw unreadable(directory, e);
        }
    }

    private static FinetuneException unreadable(Path directory, Exception e) {
        return new FinetuneException(
                directory.resolve(ModelFiles.RECORD) + " can't be read (" + e.getMessage()
                        + "); without it, the model loads as any checkpoint.",
                e);
    }
}
