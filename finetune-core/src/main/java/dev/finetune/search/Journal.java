package dev.finetune.search;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.finetune.error.FinetuneException;
import dev.finetune.internal.Differences;
import dev.finetune.internal.JsonFile;
import dev.finetune.internal.PlainFile;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The trials of a search in a file, a line of JSON each, after a line that says what is searched. A trial is written, and
 * on the disk, when it has ended, so that a search that was killed goes on where it was; half a line at the end is what a
 * kill leaves, and is dropped.
 */
final class Journal {
    private static final long MOST_BYTES = 64L << 20;

    /** Of what differs. */
    private static final int SHOWN = 4;

    /** Of a line. */
    private static final int MOST_VALUES = 100_000;

    private final Optional<Path> file;
    private final List<Trial> trials = new ArrayList<>();

    private Journal(Optional<Path> file) {
        this.file = file;
    }

    /** Nothing is kept. */
    static Journal none() {
        return new Journal(Optional.empty());
    }

    /**
     * Begins a file, or goes on with one.
     *
     * @param search what is searched
     * @throws FinetuneException if the file records another search, or something else; it then stays what it is
     */
    static Journal open(Path file, JsonObject search) {
        final Journal journal = new Journal(Optional.of(file));
        try {
            if (!Files.exists(file) || !journal.read(file, search)) {
                journal.write(search.toString() + "\n", StandardOpenOption.TRUNCATE_EXISTING);
            }
        } catch (IOException e) {
            throw new FinetuneException(file + ": the record of trials can't be read or written: " + e, e);
        }
        return journal;
    }

    /** Reads what is there; false where it is only the beginning of this search's first line. */
    private boolean read(Path file, JsonObject search) throws IOException {
        PlainFile.refuseOthers(file);
        if (Files.size(file) > MOST_BYTES) {
            throw notARecord(file);
        }
        final String text = Files.readString(file);
        final int end = text.lastIndexOf('\n') + 1;
        if (end == 0) {
            if (!search.toString().startsWith(text)) {
                throw notARecord(file);
            }
            return false;
        }
        final List<String> lines = text.substring(0, end).lines().toList();
        compare(header(file, lines.get(0)), search, file);
        for (int i = 1; i < lines.size(); i++) {
            try {
                trials.add(Trial.of(parse(file, i + 1, lines.get(i))));
            } catch (RuntimeException e) {
                throw broken(file, i + 1, e);
            }
        }
        if (end < text.length()) {
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
                channel.truncate(text.substring(0, end).getBytes(StandardCharsets.UTF_8).length);
            }
        }
        return true;
    }

    private static JsonObject header(Path file, String text) {
        try {
            return JsonFile.object(JsonFile.parse(text, file.toString(), MOST_VALUES), file.toString());
        } catch (RuntimeException e) {
            throw notARecord(file);
        }
    }

    private static FinetuneException notARecord(Path file) {
        return new FinetuneException(
                file + " is there, but isn't a record of a search: its first line doesn't say what is"
                        + " searched. It was left as it is; name another file, or delete it.");
    }

    private static JsonObject parse(Path file, int line, String text) {
        try {
            return JsonFile.object(JsonFile.parse(text, "it", MOST_VALUES), "it");
        } catch (RuntimeException e) {
            throw broken(file, line, e);
        }
    }

    private static FinetuneException broken(Path file, int line, RuntimeException e) {
        return new FinetuneException(
                file + ", line " + line + ": expected a trial as a search writes it, but it can't be read ("
                        + e.getMessage() + "). Remove the line to run that trial again.",
                e);
    }

    private static void compare(JsonObject found, JsonObject search, Path file) {
        if (!found.keySet().containsAll(search.keySet())) {
            throw notARecord(file);
        }
        final List<String> differences = Differences.of(flat(found), flat(search));
        if (!differences.isEmpty()) {
            throw new FinetuneException(file + " records another search: "
                    + String.join("; ", differences.subList(0, Math.min(SHOWN, differences.size())))
                    + (differences.size() > SHOWN ? "; and " + (differences.size() - SHOWN) + " more" : "")
                    + ". Use another file, or the settings, data and model of then; the number of trials may change.");
        }
    }

    /** What is said, each of the tuner's settings by itself. */
    private static Map<String, String> flat(JsonObject search) {
        final Map<String, String> values = new TreeMap<>();
        search.entrySet().forEach(entry -> {
            if (entry.getValue().isJsonObject()) {
                flat(entry.getValue().getAsJsonObject())
                        .forEach((name, value) -> values.put(entry.getKey() + ": " + name, value));
            } else {
                values.put(entry.getKey(), text(entry.getValue()));
            }
        });
        return values;
    }

    private static String text(JsonElement value) {
        return value.isJsonPrimitive() ? value.getAsString() : value.toString();
    }

    /** The trials that were recorded before. */
    List<Trial> trials() {
        return List.copyOf(trials);
    }

    /** Adds a trial that ended. */
    void add(Trial trial) {
        try {
            write(trial.toJson() + "\n", StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new FinetuneException("The trial couldn't be recorded: " + e, e);
        }
    }

    private void write(String text, StandardOpenOption how) throws IOException {
        if (file.isEmpty()) {
            return;
        }
        try (FileChannel channel =
                FileChannel.open(file.get(), StandardOpenOption.WRITE, StandardOpenOption.CREATE, how)) {
            Channels.newOutputStream(channel).write(text.getBytes(StandardCharsets.UTF_8));
            channel.force(true);
        }
    }
}
