package dev.finetune.internal.saving;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.finetune.error.FinetuneException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * What is still to be done so that a directory's files are the new ones. While it lies in the directory, the new files are
 * those that it names: in the folder beside where they are still there, and else in their places.
 *
 * @param save names the act of saving
 * @param staging the folder in the directory where the new files were written
 * @param files what each new file holds
 * @param removed what goes away, relative to the directory, with slashes
 */
record Commit(String save, String staging, Map<String, FileSum> files, List<String> removed) {
    /** What it is called in the directory, and in the folder beside before it counts. */
    static final String NAME = ".finetune-commit.json";

    private static final String MEND = "Expected what saving writes there. Delete it and save the model again.";
    private static final Pattern WEIGHTS = Pattern.compile(".*\\.(safetensors|bin)(\\.index\\.json)?");

    /** Files that only this library reads, which differ from one save to the next. */
    private static final Set<String> OWN = Set.of(FileList.NAME, "finetune.json", "calibration.json");

    /** The one that has to be carried out, if there is any. */
    static Optional<Commit> find(Path directory) throws IOException {
        return SavingJson.find(
                directory.resolve(NAME),
                json -> new Commit(
                        json.get("save").getAsString(),
                        DirectorySave.checkStaging(json.get("staging").getAsString()),
                        SavingJson.sums(json.get("files")),
                        removed(json.getAsJsonArray("removed"))),
                MEND);
    }

    private static List<String> removed(JsonArray json) {
        final List<String> names = new ArrayList<>();
        for (JsonElement element : json) {
            for (String part : element.getAsString().split("/", -1)) {
                SavingJson.plain(part);
            }
            names.add(element.getAsString());
        }
        return names;
    }

    byte[] bytes() {
        final JsonObject json = new JsonObject();
        json.addProperty("save", save);
        json.addProperty("staging", staging);
        json.add("files", SavingJson.sums(files));
        final JsonArray names = new JsonArray();
        removed.forEach(names::add);
        json.add("removed", names);
        return SavingJson.bytes(json);
    }

    /** Where a new file is, at this moment. */
    Path place(Path directory, String name) {
        final Path beside = directory.resolve(staging).resolve(name);
        return Files.exists(beside) ? beside : directory.resolve(name);
    }

    /** Why it can't be carried out any more, if somebody has changed what had been moved into place. */
    Optional<FinetuneException> changedSince(Path directory) throws IOException {
        for (Map.Entry<String, FileSum> file : files.entrySet()) {
            long bytes = size(directory.resolve(staging).resolve(file.getKey()));
            final Path place = directory.resolve(file.getKey());
            bytes = bytes < 0 ? size(place) : bytes; // In this order: it is moved from there to here, at once.
            if (bytes != file.getValue().bytes()) {
                return Optional.of(new FinetuneException("Saving to " + directory
                        + " was interrupted when the new files"
                        + " were complete but not all in place, and since then another program has changed " + place
                        + " (found " + (bytes < 0 ? "no file" : bytes + " bytes") + ", expected "
                        + file.getValue().bytes() + "). Save the model again; or, to keep what lies there, delete "
                        + NAME + " and " + staging + " in that directory."));
            }
        }
        return Optional.empty();
    }

    private static long size(Path file) throws IOException {
        try {
            return Files.size(file);
        } catch (NoSuchFileException e) {
            return -1;
        }
    }

    /**
     * Moves the new files into place and removes the others; what was done before isn't done twice.
     *
     * @throws FinetuneException if somebody else has changed the directory since
     */
    void finish(Path directory, FileOps disk) throws IOException {
        final Optional<FinetuneException> changed = changedSince(directory);
        if (changed.isPresent()) {
            throw changed.get();
        }
        if (wouldMix(directory)) {
            for (String name : files.keySet()) {
                if (isWeights(name) && Files.exists(directory.resolve(staging).resolve(name))) {
                    disk.delete(directory.resolve(name));
                }
            }
            removeAll(directory, disk, true);
        }
        moveAll(directory, disk, false);
        moveAll(directory, disk, true);
        removeAll(directory, disk, true);
        removeAll(directory, disk, false);
        disk.forceDirectory(directory);
        DirectorySave.removeFolder(directory.resolve(staging), disk);
        disk.delete(directory.resolve(NAME));
        disk.forceDirectory(directory);
    }

    /**
     * Whether another program, which knows nothing of this, could take old weights and a new configuration for one model
     * while files are moved. Then the old weights go first, so that it finds none rather than wrong ones.
     */
    private boolean wouldMix(Path directory) throws IOException {
        for (Map.Entry<String, FileSum> file : files.entrySet()) {
            final String name = file.getKey();
            if (!isWeights(name)
                    && !OWN.contains(name)
                    && !DirectorySave.isDocument(name)
                    && Files.exists(directory.resolve(staging).resolve(name))
                    && !FileSum.find(directory.resolve(name)).equals(Optional.of(file.getValue()))) {
                return true;
            }
        }
        return false;
    }

    private static boolean isWeights(String name) {
        return WEIGHTS.matcher(name).matches();
    }

    private void moveAll(Path directory, FileOps disk, boolean weights) throws IOException {
        for (String name : files.keySet()) {
            final Path beside = directory.resolve(staging).resolve(name);
            if (isWeights(name) == weights && Files.exists(beside)) {
                try {
                    disk.move(beside, directory.resolve(name));
                } catch (NoSuchFileException e) {
                    // Moved by another process at this moment, on a file system without locks.
                }
            }
        }
    }

    private void removeAll(Path directory, FileOps disk, boolean weights) throws IOException {
        for (String name : removed) {
            final Path file = directory.resolve(name);
            if (isWeights(name) == weights && isInside(directory, file)) {
                disk.delete(file);
                final Path folder = parent(file);
                if (!folder.equals(directory) && !DirectorySave.removeIfEmpty(folder, disk)) {
                    disk.forceDirectory(folder);
                }
            }
        }
    }

    private static Path parent(Path file) {
        return Objects.requireNonNull(file.getParent());
    }

    /** Whether no link leads out of the directory on the way to the file. */
    private static boolean isInside(Path directory, Path file) {
        for (Path folder = parent(file); !folder.equals(directory); folder = parent(folder)) {
            if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
                return false;
            }
        }
        return true;
    }
}
