package dev.finetune.internal.run;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import dev.finetune.error.FinetuneException;
import dev.finetune.head.Pooling;
import dev.finetune.internal.JsonFile;
import dev.finetune.internal.PlainFile;
import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What sentence-transformers does with a model's vectors, as modules.json and the files of its modules say. Here they are
 * pooled as was asked for, and nothing more; where that differs, it is said.
 */
final class SentenceModules {
    private static final Set<String> POOLED = Set.of("Transformer", "Pooling");
    private static final String PREFIX = "pooling_mode_";

    /** What the flags of older files are called today. */
    private static final Map<String, String> MODES =
            Map.of("cls_token", "cls", "mean_tokens", "mean", "max_tokens", "max");

    private static final Logger LOG = LoggerFactory.getLogger(SentenceModules.class);

    private final Path directory;
    private final boolean lengthMatters;

    private SentenceModules(Path directory, boolean lengthMatters) {
        this.directory = directory;
        this.lengthMatters = lengthMatters;
    }

    /** How sentence-transformers pools the vectors of a draft's model; their mean where it doesn't say, or in another way. */
    static Pooling usualPooling(Draft draft) {
        return pooling(ModelPlace.find(draft).directory()).orElse(Pooling.MEAN);
    }

    /** How a directory's model pools its vectors, if it says, and in a way that there is here. */
    static Optional<Pooling> pooling(Path directory) {
        return ModelRecord.pooling(directory)
                .or(() -> new SentenceModules(directory, false)
                        .poolings()
                        .flatMap(modes -> modes.size() == 1 ? known(modes.get(0)) : Optional.empty()));
    }

    private static Optional<Pooling> known(String mode) {
        return Arrays.stream(Pooling.values())
                .filter(pooling -> pooling.name().toLowerCase(Locale.ROOT).equals(mode))
                .findFirst();
    }

    /** The modes of the first module that pools. */
    private Optional<List<String>> poolings() {
        return modules().stream()
                .filter(module -> name(module).equals("Pooling"))
                .findFirst()
                .flatMap(module -> modes(text(module, "path")));
    }

    private List<JsonObject> modules() {
        return read("modules.json").orElse(null) instanceof JsonArray modules
                ? modules.asList().stream()
                        .filter(JsonObject.class::isInstance)
                        .map(JsonObject.class::cast)
                        .toList()
                : List.of();
    }

    private static String name(JsonObject module) {
        final String type = text(module, "type");
        return type.substring(type.lastIndexOf('.') + 1);
    }

    /**
     * In what vectors of a directory's model differ from those of sentence-transformers; empty where it says nothing.
     *
     * @param lengthMatters whether vectors of another length are others; not where only their directions are compared
     */
    static Optional<String> difference(Path directory, Pooling asked, boolean lengthMatters) {
        return new SentenceModules(directory, lengthMatters).difference(asked);
    }

    private Optional<String> difference(Pooling asked) {
        if (!(read("modules.json").orElse(null) instanceof JsonArray)) {
            return Optional.empty();
        }
        final List<String> differences = new ArrayList<>();
        for (JsonObject module : modules()) {
            final String name = name(module);
            if (name.equals("Pooling")) {
                modes(text(module, "path"))
                        .filter(modes -> !modes.equals(List.of(asked.name().toLowerCase(Locale.ROOT))))
                        .ifPresent(modes -> differences.add("pools by " + String.join(" and ", modes) + ", not by "
                                + asked.name().toLowerCase(Locale.ROOT)));
            } else if (!POOLED.contains(name) && (lengthMatters || !name.equals("Normalize"))) {
                differences.add("applies its module " + name
                        + (name.equals("Normalize") ? " (divide each vector by its length to have the same)" : ""));
            }
        }
        prompt().ifPresent(prompt -> differences.add("puts \"" + prompt + "\" before each text"));
        return differences.isEmpty()
                ? Optional.empty()
                : Optional.of(
                        "The vectors of " + directory + " are those of embedder(" + asked + "), as asked for; by its"
                                + " modules.json, sentence-transformers " + String.join(", and ", differences) + ".");
    }

    /** How vectors are pooled, as a word or a list of words, or as flags; none of them in a file that isn't there. */
    private Optional<List<String>> modes(String folder) {
        if (!(read(folder + "/config.json").orElse(null) instanceof JsonObject config)) {
            return Optional.empty();
        }
        if (config.get("pooling_mode") instanceof JsonPrimitive mode) {
            return Optional.of(List.of(mode.getAsString()));
        }
        if (config.get("pooling_mode") instanceof JsonArray modes) {
            return Optional.of(
                    modes.asList().stream().map(JsonElement::getAsString).toList());
        }
        final List<String> flags = config.entrySet().stream()
                .filter(entry ->
                        entry.getKey().startsWith(PREFIX) && entry.getValue().equals(new JsonPrimitive(true)))
                .map(entry -> entry.getKey().substring(PREFIX.length()))
                .map(flag -> MODES.getOrDefault(flag, flag))
                .toList();
        return flags.isEmpty() ? Optional.empty() : Optional.of(flags);
    }

    private Optional<String> prompt() {
        if (read("config_sentence_transformers.json").orElse(null) instanceof JsonObject config
                && config.get("default_prompt_name") instanceof JsonPrimitive name
                && config.get("prompts") instanceof JsonObject prompts) {
            return Optional.of(text(prompts, name.getAsString())).filter(prompt -> !prompt.isEmpty());
        }
        return Optional.empty();
    }

    private static String text(JsonObject object, String key) {
        return object.get(key) instanceof JsonPrimitive text ? text.getAsString() : "";
    }

    /** A file of the directory, and none outside of it. */
    private Path file(String name) {
        try {
            final Path file = directory.resolve(name).normalize();
            if (file.startsWith(directory.normalize())) {
                return file;
            }
        } catch (InvalidPathException e) {
            LOG.debug("No path", e);
        }
        throw new FinetuneException(directory.resolve("modules.json") + " names \"" + name.replaceAll("\\p{Cntrl}", "?")
                + "\" as a module's file, which is none in the model's directory.");
    }

    private Optional<JsonElement> read(String name) {
        final Path file = file(name);
        if (!PlainFile.exists(file)) {
            return Optional.empty();
        }
        try {
            return Optional.of(JsonFile.read(file));
        } catch (IOException e) {
            throw new FinetuneException(file + " could not be read: " + e.getMessage(), e);
        }
    }
}
