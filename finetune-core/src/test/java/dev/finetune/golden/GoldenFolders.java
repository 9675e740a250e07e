package dev.finetune.golden;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.finetune.error.FinetuneException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Finds golden cases, which are folders with a case.json, however deep they lie below the folder that the system property
 * finetune.golden names; below the copy in the test resources without it.
 */
public final class GoldenFolders {
    private GoldenFolders() {}

    public static Path root() {
        final String property = System.getProperty("finetune.golden", "");
        return property.isEmpty()
                ? Path.of("src/test/resources/golden")
                : Path.of(System.getProperty("finetune.directory", "")).resolve(property);
    }

    /** Every case by its path below the root. */
    public static Map<String, Path> all() {
        return below(root());
    }

    /**
     * Every case below a folder, by its path from there.
     *
     * @throws FinetuneException if there is none: a run that checks nothing must not pass
     */
    public static Map<String, Path> below(Path root) {
        final Map<String, Path> found = new TreeMap<>();
        if (Files.isDirectory(root)) {
            try (var files = Files.walk(root, FileVisitOption.FOLLOW_LINKS)) {
                files.filter(file -> file.endsWith("case.json"))
                        .map(Path::getParent)
                        .forEach(folder -> found.put(root.relativize(folder).toString(), folder));
            } catch (IOException e) {
                throw new UncheckedIOException("golden cases in " + root.toAbsolutePath(), e);
            }
        }
        if (found.isEmpty()) {
            throw new FinetuneException(root.toAbsolutePath()
                    + (Files.isDirectory(root) ? " holds no golden case" : " is no directory")
                    + ": -Dfinetune.golden must name a folder with folders that hold a case.json.");
        }
        return found;
    }

    /** A case's case.json. */
    public static JsonObject read(Path folder) {
        try {
            return JsonParser.parseString(Files.readString(folder.resolve("case.json")))
                    .getAsJsonObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The case.json of every case that has all of these keys, by the case's name. */
    public static Map<String, JsonObject> having(String... keys) {
        final Map<String, JsonObject> found = new TreeMap<>();
        all().forEach((name, folder) -> {
            final JsonObject json = read(folder);
            if (json.keySet().containsAll(List.of(keys))) {
                found.put(name, json);
            }
        });
        return found;
    }
}
