package dev.finetune.internal.saving;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.finetune.error.FinetuneException;
import dev.finetune.internal.JsonFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** What saving writes for itself, as JSON. */
final class SavingJson {
    private static final Gson GSON =
            new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().create();

    private SavingJson() {}

    static byte[] bytes(JsonObject json) {
        return (GSON.toJson(json) + "\n").getBytes(StandardCharsets.UTF_8);
    }

    /**
     * Reads a file, if it is there.
     *
     * @param mend what to do about a file that holds something else
     */
    static <T> Optional<T> find(Path file, Function<JsonObject, T> meaning, String mend) throws IOException {
        try {
            return Optional.of(meaning.apply(JsonFile.object(file)));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (FinetuneException
                | IllegalStateException
                | IllegalArgumentException
                | UnsupportedOperationException
                | NullPointerException
                | ClassCastException e) {
            throw new FinetuneException(file + " can't be understood (" + e.getMessage() + "). " + mend, e);
        }
    }

    static JsonObject sums(Map<String, FileSum> files) {
        final JsonObject json = new JsonObject();
        files.forEach((name, sum) -> json.add(name, sum.toJson()));
        return json;
    }

    static Map<String, FileSum> sums(JsonElement json) {
        final Map<String, FileSum> files = new LinkedHashMap<>();
        for (Map.Entry<String, JsonElement> entry : json.getAsJsonObject().entrySet()) {
            files.put(plain(entry.getKey()), FileSum.of(entry.getValue().getAsJsonObject()));
        }
        return files;
    }

    /** The name of a file in a directory, and of nothing outside. */
    static String plain(String name) {
        if (name.isEmpty()
                || name.equals(".")
                || name.equals("..")
                || name.chars().anyMatch(each -> each < ' ' || "/\\:".indexOf(each) >= 0)) {
            throw new IllegalArgumentException("\"" + name + "\" is no plain name of a file");
        }
        return name;
    }
}
