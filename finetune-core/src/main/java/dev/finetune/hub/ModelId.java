package dev.finetune.hub;

import dev.finetune.error.FinetuneException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A model's name on the hub: "name" or "org/name", by the rules of huggingface_hub's validate_repo_id.
 *
 * @param value the id as the user said it
 */
record ModelId(String value) {
    private static final String PART = "\\b[A-Za-z0-9_.-]{1,96}\\b";
    private static final Pattern VALID = Pattern.compile("(" + PART + "/)?" + PART);

    /** The local directory that the text names, if there is one. */
    static Optional<Path> existingDirectory(String idOrPath) {
        try {
            Path path = Path.of(idOrPath);
            return !idOrPath.isBlank() && Files.isDirectory(path) ? Optional.of(path) : Optional.empty();
        } catch (InvalidPathException e) {
            return Optional.empty();
        }
    }

    /**
     * Reads an id of which no local directory exists.
     *
     * @throws FinetuneException if it isn't an id; the message names the directory that was looked for, too
     */
    static ModelId parse(String text) {
        boolean valid =
                VALID.matcher(text).matches() && !text.contains("--") && !text.contains("..") && !text.endsWith(".git");
        if (valid) {
            return new ModelId(text);
        }
        if (text.isBlank()) {
            throw new FinetuneException("The model is an empty text; expected a local directory or a model id such as"
                    + " 'bert-base-uncased' or 'org/name'.");
        }
        throw new FinetuneException("There is no model '" + SafeName.printable(text) + "': looked for a directory at "
                + lookedFor(text)
                + ", and the text isn't a model id either. A model id is 'name' or 'org/name', of letters, digits,"
                + " '-', '_' and '.', without '--' or '..', each part at most 96 characters long. Check the path, or"
                + " use an id such as 'bert-base-uncased'.");
    }

    private static String lookedFor(String text) {
        try {
            Path path = Path.of(text).toAbsolutePath().normalize();
            return Files.isRegularFile(path)
                    ? path + " (which is a file: pass the directory that holds it)"
                    : "" + path;
        } catch (InvalidPathException e) {
            return "'" + SafeName.printable(text) + "' (which isn't a path: " + e.getReason() + ")";
        }
    }

    /** That nothing local has this name, and where that was looked for: to be said where the hub has nothing either. */
    String notLocal() {
        return "There is no directory " + lookedFor(value) + " either.";
    }

    /** The folder of this model in the cache: "models--org--name". */
    String folder() {
        return "models--" + value.replace("/", "--");
    }
}
