package dev.finetune.golden;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/** Finds golden cases by what they hold, in the folder that the system property finetune.golden names. */
final class GoldenFolders {
    private GoldenFolders() {}

    static Path root() {
        final String property = System.getProperty("finetune.golden", "");
        return property.isEmpty() ? Path.of("src/test/resources/golden") : Path.of(property);
    }

    /** The case.json of every case that has all of these keys, by the case's name. */
    static Map<String, JsonObject> having(String... keys) {
        final Map<String, JsonObject> found = new TreeMap<>();
        try (var folders = Files.list(root())) {
            for (Path folder : folders.toList()) {
                final Path file = folder.resolve("case.json");
                if (Files.isRegularFile(file)) {
                    final JsonObject json =
                            JsonParser.parseString(Files.readString(file)).getAsJsonObject();
                    if (json.keySet().containsAll(java.util.List.of(keys))) {
                        found.put(folder.getFileName().toString(), json);
                    }
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("golden cases in " + root().toAbsolutePath(), e);
        }
        return found;
    }
}
