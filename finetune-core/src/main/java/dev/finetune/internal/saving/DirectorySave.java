package dev.finetune.internal.saving;

import dev.finetune.error.FinetuneException;
import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileLockInterruptionException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Changes several files of a directory as one: a reader finds those of before or those of afterwards, whenever the process
 * is killed, the power fails, the disk is full or something is thrown. Writers take turns.
 */
public final class DirectorySave {
    /** How the names of all begin that it writes for itself alone. */
    static final String OWN = ".finetune";

    /** How what it writes in a directory begins, while it works. */
    public static final String STAGING = OWN + "-saving-";

    /** The list of the files that were saved together. */
    public static final String LIST = FileList.NAME;

    /** What the state of a training is called, which makes a directory a checkpoint. */
    public static final String CHECKPOINT = FileList.CHECKPOINT;

    private static final Logger LOG = LoggerFactory.getLogger(DirectorySave.class);
    private static final Duration TURN = Duration.ofMinutes(10);

    /** How long a reader waits for a writer that moves files; moving takes no longer than a moment. */
    static final Duration MOMENT = Duration.ofSeconds(10);

    /** Nobody interrupts a thread as often as that by mistake. */
    private static final int MOST_ATTEMPTS = 100;

    private final Path directory;
    private final FileOps disk;

    /**
     * Of one directory.
     *
     * @param directory made if need be; may be a link, a mount, or in a directory that can't be written
     * @param disk does the work; {@link Disk}, outside of tests
     */
    public DirectorySave(Path directory, FileOps disk) {
        this.directory = directory;
        this.disk = disk;
    }

    /**
     * Makes a change. A folder that is itself part of a change is written plainly. An interrupt waits until it is made: where one
     * closed a file, the change is written again.
     *
     * @throws IOException if that failed, and everything is as it was
     * @throws FinetuneException if another writes there all the while, or if the new files are complete and only moving them
     *     failed, which the next reader or writer makes up for
     */
    public void make(Change change) throws IOException {
        if (isStaging(directory)) {
            change.writeTo(directory);
            return;
        }
        boolean interrupted = false;
        try {
            for (int attempt = 1; ; attempt++) {
                interrupted |= Thread.interrupted(); // Else every channel would close at once.
                try {
                    makeOnce(change);
                    return;
                } catch (IOException | FinetuneException e) {
                    if (attempt == MOST_ATTEMPTS || !isOfInterrupt(e)) {
                        throw e;
                    }
                    interrupted = true;
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static boolean isOfInterrupt(Throwable thrown) {
        return thrown instanceof ClosedByInterruptException
                || thrown instanceof FileLockInterruptionException
                || thrown.getCause() != null && isOfInterrupt(thrown.getCause());
    }

    private void makeOnce(Change change) throws IOException {
        final Path place = directory.toAbsolutePath();
        final Optional<Path> highest = Stream.iterate(
                        place, each -> each != null && !Files.exists(each), Path::getParent)
                .reduce((one, above) -> above);
        Files.createDirectories(directory);
        try {
            makeThere(change);
        } catch (IOException | RuntimeException | Error e) {
            highest.ifPresent(made -> removeMade(place, made, e));
            throw e;
        }
    }

    /** Takes back the directories that were made for a change that failed; what has come into them since stays. */
    private void removeMade(Path place, Path highest, Throwable reason) {
        try {
            for (Path made = place; made != null && made.startsWith(highest) && removeIfEmpty(made, disk); ) {
                made = made.getParent();
            }
        } catch (IOException | RuntimeException | Error e) {
            reason.addSuppressed(e);
        }
    }

    private void makeThere(Change change) throws IOException {
        final Path real = directory.toRealPath();
        try (DirectoryLock lock = DirectoryLock.acquire(real, TURN)
                .orElseThrow(() -> new FinetuneException("Another process, or thread, has been writing to " + real
                        + " for " + TURN.toMinutes()
                        + " minutes, so that nothing was saved there. Wait for it, stop"
                        + " it, or choose another directory."))) {
            settle(real, change.isWhole());
            change.check();
            sweep(real, STAGING, lock.isOfProcess(), disk);
            write(real, change);
        }
    }

    /**
     * Changes a few of a directory's files, as {@link #make} does.
     *
     * @param names the files that are written, or else go away; none of them in a folder
     * @param content writes them into an empty folder
     */
    public static void some(Path directory, Set<String> names, Content content) throws IOException {
        new DirectorySave(directory, new Disk()).make(new Plain(false, names, content));
    }

    /**
     * Writes all the files of a directory that belong together, as {@link #make} does; what else is there stays.
     *
     * @param content writes them into an empty folder
     */
    public static void whole(Path directory, Content content) throws IOException {
        new DirectorySave(directory, new Disk()).make(new Plain(true, Set.of(), content));
    }

    /** A change of which all is known beforehand. */
    private record Plain(boolean isWhole, Set<String> names, Content content) implements Change {
        @Override
        public void writeTo(Path folder) throws IOException {
            content.writeTo(folder);
        }

        @Override
        public Set<String> removed(Set<String> written) {
            return names;
        }
    }

    /** Writes files. */
    public interface Content {
        /** Writes them into an empty folder. */
        void writeTo(Path folder) throws IOException;
    }

    private void write(Path real, Change change) throws IOException {
        final String save = UUID.randomUUID().toString();
        final Path staging = real.resolve(STAGING + save);
        final Commit commit;
        try {
            disk.createDirectory(staging);
            change.writeTo(staging);
            commit = prepare(real, staging, save, change);
            disk.forceDirectory(real); // The folder is there for good before anything says what is in it.
            disk.move(staging.resolve(Commit.NAME), real.resolve(Commit.NAME)); // From here on the new files count.
        } catch (IOException | RuntimeException | Error e) {
            if (!Files.exists(real.resolve(Commit.NAME))) {
                undo(staging, e);
            }
            throw e;
        }
        try {
            disk.forceDirectory(real);
            commit.finish(real, disk);
        } catch (IOException e) {
            throw new FinetuneException(
                    "The new files are complete in " + real + ", but couldn't all be moved to their places (" + e
                            + "). Mend that; whatever of this library loads from the directory, or saves to it, next"
                            + " goes on where this stopped. Other libraries may find no model there before.",
                    e);
        }
    }

    private Commit prepare(Path real, Path staging, String save, Change change) throws IOException {
        final Map<String, FileSum> files = new LinkedHashMap<>();
        for (String name : names(staging)) {
            disk.force(staging.resolve(name));
            files.put(name, FileSum.of(staging.resolve(name)));
        }
        final Set<String> removed = new TreeSet<>(change.removed(Set.copyOf(files.keySet())));
        final Optional<FileList> before = change.isWhole() ? Optional.empty() : FileList.find(real);
        if (change.isWhole() || before.isPresent()) {
            final Map<String, FileSum> together = new TreeMap<>();
            before.ifPresent(list -> together.putAll(list.files()));
            together.keySet().removeAll(removed);
            together.putAll(files);
            together.keySet().removeIf(DirectorySave::isDocument); // It is there to be changed.
            final Path list = staging.resolve(FileList.NAME);
            disk.write(list, new FileList(save, together).bytes());
            files.put(FileList.NAME, FileSum.of(list));
        }
        removed.removeAll(files.keySet());
        final Commit commit = new Commit(save, staging.getFileName().toString(), files, List.copyOf(removed));
        disk.write(staging.resolve(Commit.NAME), commit.bytes());
        disk.forceDirectory(staging);
        return commit;
    }

    private void undo(Path staging, Throwable reason) {
        try {
            removeFolder(staging, disk);
        } catch (IOException | RuntimeException | Error e) {
            reason.addSuppressed(e);
        }
    }

    /** Carries out what a process that died had begun. What can't be is given up where all is to be replaced. */
    private void settle(Path real, boolean toBeReplaced) throws IOException {
        final Optional<Commit> pending = Commit.find(real);
        if (pending.isPresent()) {
            if (toBeReplaced && pending.get().changedSince(real).isPresent()) {
                disk.delete(real.resolve(Commit.NAME));
                disk.forceDirectory(real);
            } else {
                pending.get().finish(real, disk);
            }
        }
    }

    /**
     * Carries out what a process that died had begun, if there is anything, if this process may, and if nobody has changed the
     * files since; waits a moment for a living one that is about to.
     */
    public static void settle(Path directory) throws IOException {
        final Path real = directory.toRealPath();
        if (!Files.exists(real.resolve(Commit.NAME))) {
            return;
        }
        final Optional<DirectoryLock> lock;
        try {
            lock = DirectoryLock.acquire(real, MOMENT);
        } catch (IOException e) {
            LOG.debug("{} can't be written here, so that it is read as it is", real, e);
            return;
        }
        if (lock.isPresent()) {
            try (DirectoryLock held = lock.get()) {
                final Optional<Commit> pending = Commit.find(real);
                if (pending.isPresent() && pending.get().changedSince(real).isEmpty()) {
                    pending.get().finish(real, new Disk());
                }
            } catch (IOException e) {
                LOG.debug("What was saved in {} can't be moved into place here", real, e);
            }
        }
    }

    /** Removes the folders of this start that no living process has touched for a day. */
    public static void sweep(Path directory, String start) throws IOException {
        sweep(directory, start, false, new Disk());
    }

    /** Removes what processes that died before their files counted left: all of it where no other may be writing. */
    private static void sweep(Path directory, String start, boolean alone, FileOps disk) throws IOException {
        for (String name : names(directory)) {
            if (name.startsWith(start) && (alone || AtomicFile.isLeft(directory.resolve(name)))) {
                removeFolder(directory.resolve(name), disk);
            }
        }
    }

    private static boolean isStaging(Path path) {
        final Path name = path.getFileName();
        return name != null && name.toString().startsWith(STAGING);
    }

    /** Whether a file is for people, and changes no model. */
    static boolean isDocument(String name) {
        return name.endsWith(".md");
    }

    static String checkStaging(String name) {
        if (!isStaging(Path.of(SavingJson.plain(name)))) {
            throw new IllegalArgumentException("\"" + name + "\" is no folder of saving");
        }
        return name;
    }

    private static List<String> names(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    /** Removes a folder, if there is one, with the files in it; or a file. */
    public static void removeFolder(Path folder, FileOps disk) throws IOException {
        if (Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
            for (String name : names(folder)) {
                removeFolder(folder.resolve(name), disk);
            }
        }
        disk.delete(folder);
    }

    /** Removes a folder that holds nothing any more; false if it holds something. */
    static boolean removeIfEmpty(Path folder, FileOps disk) throws IOException {
        try {
            disk.delete(folder);
            return true;
        } catch (DirectoryNotEmptyException e) {
            LOG.debug("{} holds more than belonged to the model that was there, and is kept.", folder);
            return false;
        }
    }
}
