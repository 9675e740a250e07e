package dev.finetune.train;

import dev.finetune.error.FinetuneException;
import dev.finetune.internal.Warnings;
import dev.finetune.internal.saving.DirectoryLock;
import dev.finetune.internal.saving.DirectorySave;
import dev.finetune.internal.saving.Disk;
import dev.finetune.internal.saving.WholeRead;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A directory of checkpoints, each a folder {@code checkpoint-STEP} that is written, and checked when it is read, as a
 * whole. Held by one training at a time.
 */
final class CheckpointFolder implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Trainer.class);

    /** What each has, besides tensors. */
    static final String STATE = DirectorySave.CHECKPOINT;

    private static final Pattern NAME = Pattern.compile("checkpoint-(\\d{1,18})");
    private static final String LEAVING = ".finetune-leaving-";
    private static final Duration PATIENCE = Duration.ofSeconds(2);

    private final Path directory;
    private final DirectoryLock lock;
    private final List<Path> made;

    /**
     * A directory.
     *
     * @param made directories that weren't there before, the innermost first
     */
    private CheckpointFolder(Path directory, DirectoryLock lock, List<Path> made) {
        this.directory = directory;
        this.lock = lock;
        this.made = made;
    }

    /** A checkpoint's folder, and the step that it was written after. */
    record Place(Path folder, long step) {}

    /**
     * Takes hold of a directory, made if need be, and removes what dead processes left in it.
     *
     * @throws FinetuneException if it can't be written, or if another training has hold of it
     */
    static CheckpointFolder open(Path directory) {
        try {
            final List<Path> made = Stream.iterate(
                            directory.toAbsolutePath(), path -> path != null && !Files.exists(path), Path::getParent)
                    .toList();
            Files.createDirectories(directory);
            final Path real = directory.toRealPath();
            final CheckpointFolder folder = new CheckpointFolder(
                    real,
                    DirectoryLock.acquire(real, PATIENCE)
                            .orElseThrow(() -> new FinetuneException("Another training writes its checkpoints to "
                                    + real + ". Wait for it, stop it, or name another directory.")),
                    made);
            boolean ready = false;
            try {
                folder.sweep();
                ready = true;
                return folder;
            } finally {
                if (!ready) {
                    folder.close();
                }
            }
        } catch (FileAlreadyExistsException e) {
            throw new FinetuneException(
                    "No checkpoints can be written in " + directory.toAbsolutePath() + ": " + e.getMessage()
                            + " is a file. Name a directory.",
                    e);
        } catch (IOException e) {
            throw new FinetuneException(
                    "No checkpoints can be written in " + directory.toAbsolutePath() + " (" + e
                            + "). Choose another directory, or make that one writable.",
                    e);
        }
    }

    static boolean holdsAny(Path directory) {
        return !list(directory).isEmpty();
    }

    static void remove(Path directory) {
        if (!Files.isDirectory(directory)) {
            return;
        }
        try (CheckpointFolder folder = open(directory)) {
            folder.removeAll();
        }
        try (Stream<Path> left = Files.list(directory)) {
            if (left.findAny().isEmpty()) {
                Files.delete(directory);
            }
        } catch (IOException e) {
            throw new FinetuneException(directory + ": the empty directory of checkpoints can't be removed: " + e, e);
        }
    }

    /** The checkpoints of a directory, the last one first; those whose files aren't complete are left out. */
    static List<Place> list(Path directory) {
        return entries(directory).stream()
                .flatMap(entry -> place(entry).stream())
                .sorted(Comparator.comparingLong(Place::step).reversed())
                .toList();
    }

    private static List<Path> entries(Path directory) {
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        try (Stream<Path> entries = Files.list(directory)) {
            return entries.toList();
        } catch (IOException e) {
            throw new FinetuneException(directory + ": the directory of checkpoints can't be read: " + e, e);
        }
    }

    /** A folder as a checkpoint, if it is one. */
    static Optional<Place> place(Path folder) {
        final Matcher name = NAME.matcher(String.valueOf(folder.getFileName()));
        if (!name.matches() || !Files.isDirectory(folder)) {
            return Optional.empty();
        }
        settle(folder);
        return Files.isRegularFile(folder.resolve(STATE))
                ? Optional.of(new Place(folder, Long.parseLong(name.group(1))))
                : Optional.empty();
    }

    private static void settle(Path folder) {
        try {
            DirectorySave.settle(folder);
        } catch (IOException e) {
            LOG.debug("{} can't be settled", folder, e);
        }
    }

    /** Folders that are called as checkpoints are, and aren't any. */
    static List<Path> others(Path directory) {
        return entries(directory).stream()
                .filter(entry -> NAME.matcher(entry.getFileName().toString()).matches()
                        && Files.isDirectory(entry)
                        && place(entry).isEmpty())
                .sorted()
                .toList();
    }

    /** Whether a checkpoint is one of this directory. */
    boolean holds(Path checkpoint) {
        try {
            return directory.equals(checkpoint.toRealPath().getParent());
        } catch (IOException e) {
            return false;
        }
    }

    /** Whether a path is this directory, or a checkpoint in it. */
    boolean isThatOf(Path path) {
        try {
            return directory.equals(path.toRealPath()) || holds(path);
        } catch (IOException e) {
            return false;
        }
    }

    /** The checkpoints, the last one first. */
    List<Place> list() {
        return list(directory);
    }

    /**
     * Reads the last checkpoint whose files are those that were written; empty where there is none.
     *
     * @param reader gets the place to read from; what it throws other than that the files differ is thrown
     */
    static <T> Optional<T> readLast(List<Place> places, Function<Place, T> reader) {
        FinetuneException first = null;
        for (Place place : places) {
            try {
                return Optional.of(read(place, reader));
            } catch (UnlikeException e) {
                throw e;
            } catch (FinetuneException e) {
                Warnings.say(
                        LOG,
                        "The checkpoint " + place.folder() + " can't be used: " + e.getMessage()
                                + " An earlier one is looked for.",
                        false);
                first = first == null ? e : first;
            }
        }
        if (first != null) {
            throw new FinetuneException(
                    first.getMessage() + " There is no earlier one that can be used: begin anew over it with"
                            + " checkpoints(Checkpoints.in(directory).replace()), or in another directory.",
                    first);
        }
        return Optional.empty();
    }

    /** A checkpoint is whole, but of another training. */
    static final class UnlikeException extends FinetuneException {
        private static final long serialVersionUID = 1;

        UnlikeException(String message) {
            super(message);
        }
    }

    private static <T> T read(Place place, Function<Place, T> reader) {
        if (!Files.isRegularFile(place.folder().resolve(DirectorySave.LIST))) {
            throw new FinetuneException(place.folder() + " has no " + DirectorySave.LIST
                    + ", so that nobody can tell whether its files were written together.");
        }
        return new WholeRead(List.of(place.folder()), true)
                .read(places -> reader.apply(new Place(places.apply(place.folder()), place.step())), nothing -> {});
    }

    /**
     * Writes a checkpoint, and when it is whole, removes all but the last ones, and those of later steps, which another
     * beginning left. Where the disk is full, one more of the old ones makes room, as long as another stays.
     *
     * @param keep how many, this one included
     * @param content writes what the checkpoint holds into an empty folder
     * @return its folder
     * @throws FinetuneException or IOException if it can't be written; the others stay
     */
    Path write(long step, int keep, DirectorySave.Content content) throws IOException {
        final Path folder = directory.resolve("checkpoint-" + step);
        refuseOthers(folder);
        try {
            DirectorySave.whole(folder, content);
        } catch (IOException | FinetuneException e) {
            removeUnfinished(folder);
            final List<Place> others = list();
            if (others.size() < 2) {
                throw e;
            }
            discard(others.get(others.size() - 1).folder());
            try {
                DirectorySave.whole(folder, content);
            } catch (IOException | FinetuneException again) {
                removeUnfinished(folder);
                throw again;
            }
        }
        new Disk().forceDirectory(directory);
        int kept = 0;
        for (Place other : list()) {
            if (other.step() > step || ++kept > keep) {
                discard(other.folder());
            }
        }
        return folder;
    }

    /** What another library, or someone, put in a folder of that name is neither added to nor, one day, removed with it. */
    private static void refuseOthers(Path folder) throws IOException {
        if (Files.isDirectory(folder) && place(folder).isEmpty() && !holdsNothingButOurs(folder)) {
            throw new FileSystemException(
                    folder.toString(),
                    null,
                    "there is a folder " + folder.getFileName() + " that isn't this library's, as it has no " + STATE
                            + ": move or remove it");
        }
    }

    void removeAll() {
        list().forEach(place -> discard(place.folder()));
    }

    /** Removes all checkpoints but one. */
    void keepOnly(Path folder) {
        list().stream()
                .map(Place::folder)
                .filter(other -> !other.equals(folder))
                .forEach(this::discard);
    }

    /** Renames a folder first: half of a checkpoint never looks like one. */
    private void discard(Path folder) {
        final Path leaving = directory.resolve(LEAVING + UUID.randomUUID());
        try {
            new Disk().move(folder, leaving);
            DirectorySave.removeFolder(leaving, new Disk());
        } catch (IOException e) {
            Warnings.say(LOG, "The old checkpoint " + folder + " can't be removed: " + e, false);
        }
    }

    /** What is left of a checkpoint that couldn't be written, unless it is there since before. */
    private void removeUnfinished(Path folder) {
        if (Files.isDirectory(folder) && !Files.exists(folder.resolve(STATE))) {
            discard(folder);
        }
    }

    private void sweep() throws IOException {
        final List<Path> entries;
        try (Stream<Path> all = Files.list(directory)) {
            entries = all.toList();
        }
        for (Path entry : entries) {
            if (entry.getFileName().toString().startsWith(LEAVING)) {
                DirectorySave.removeFolder(entry, new Disk());
            } else if (NAME.matcher(entry.getFileName().toString()).matches()
                    && Files.isDirectory(entry)
                    && holdsNothingButOurs(entry)) {
                settle(entry);
                removeUnfinished(entry);
            }
        }
    }

    private static boolean holdsNothingButOurs(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.allMatch(file -> file.getFileName().toString().startsWith(".finetune"));
        }
    }

    /** Lets others write there; directories that were made for it, and hold nothing, go away. */
    @Override
    public void close() {
        lock.close();
        try {
            for (Path empty : made) {
                Files.deleteIfExists(empty);
            }
        } catch (IOException e) {
            LOG.trace("{} isn't empty, or can't be removed", directory, e);
        }
    }
}
