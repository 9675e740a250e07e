package dev.finetune.internal.saving;

import dev.finetune.error.FinetuneException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/** A directory while it is read: where its files are, whether they were changed since, and whether they belong together. */
final class Place implements AutoCloseable {
    private final Path directory;
    private final Path real;
    private final Optional<DirectoryLock> held;
    private final String before;
    private final Optional<FileTime> names;
    private final Optional<FinetuneException> spoilt;
    private final Optional<View> view;
    private final Optional<FutureTask<Optional<FinetuneException>>> check;

    private Place(Path directory, Path real, Optional<DirectoryLock> held, boolean isChecked) throws IOException {
        this.directory = directory;
        this.real = real;
        this.held = held;
        this.before = state();
        this.names = names();
        final Optional<Commit> pending = Commit.find(real);
        this.spoilt = pending.isPresent() ? pending.get().changedSince(real) : Optional.empty();
        this.view = pending.isPresent() ? Optional.of(View.of(real, pending.get())) : Optional.empty();
        this.check =
                isChecked && Files.exists(path().resolve(FileList.NAME)) ? Optional.of(startCheck()) : Optional.empty();
    }

    /**
     * Carries out what a dead process left to do, and looks.
     *
     * @param hold whether to keep writers waiting until this is closed, if that can be had
     */
    static Place open(Path directory, boolean isChecked, boolean hold) throws IOException {
        DirectorySave.settle(directory);
        final Path real = directory.toRealPath();
        final Optional<DirectoryLock> held = hold ? lock(real) : Optional.empty();
        boolean done = false;
        try {
            final Place place = new Place(directory, real, held, isChecked);
            done = true;
            return place;
        } finally {
            if (!done) {
                held.ifPresent(DirectoryLock::close);
            }
        }
    }

    private static Optional<DirectoryLock> lock(Path real) {
        try {
            return DirectoryLock.acquire(real, DirectorySave.MOMENT);
        } catch (IOException e) {
            return Optional.empty(); // It can't be written by this process.
        }
    }

    private FutureTask<Optional<FinetuneException>> startCheck() {
        final FutureTask<Optional<FinetuneException>> task = new FutureTask<>(() -> {
            final Optional<FileList> list = FileList.find(path());
            return list.isPresent() ? list.get().firstChange(path()) : Optional.empty();
        });
        final Thread thread = new Thread(task, "finetune-checksums");
        thread.setDaemon(true);
        thread.start();
        return task;
    }

    Path directory() {
        return directory;
    }

    /** Where the files are to be read. */
    Path path() {
        return view.map(View::path).orElse(directory);
    }

    /**
     * Whether files were replaced since it was opened.
     *
     * @param failed whether reading failed
     * @param lenient whether names that came or went in a directory without a list don't count: it may be in use for other things
     */
    boolean changed(boolean failed, boolean lenient) throws IOException {
        return !before.equals(state())
                || (!lenient && !names.equals(names()))
                || (failed && view.isPresent() && view.get().isBroken());
    }

    /** What is another after every change: what is under way, and which act of saving was the last. */
    private String state() throws IOException {
        return List.of(
                        directory.toRealPath().toString(),
                        text(real.resolve(Commit.NAME)).orElse(""),
                        text(real.resolve(FileList.NAME)).orElse(""))
                .toString();
    }

    /** Of a directory without a list: when names came or went last. */
    private Optional<FileTime> names() throws IOException {
        return Files.exists(real.resolve(FileList.NAME))
                ? Optional.empty()
                : Optional.of(Files.getLastModifiedTime(real));
    }

    private static Optional<String> text(Path file) throws IOException {
        try {
            return Optional.of(Files.readString(file));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    /** Why the files don't belong together, if they don't; waits until all have been looked at. */
    Optional<FinetuneException> wrong() {
        if (spoilt.isPresent() || check.isEmpty()) {
            return spoilt;
        }
        try {
            return check.get().get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.of(new FinetuneException(
                    "The thread was interrupted while files in " + directory + " were checked.", e));
        } catch (ExecutionException e) {
            final Throwable cause = Objects.requireNonNull(e.getCause());
            return Optional.of(
                    cause instanceof FinetuneException told
                            ? told
                            : new FinetuneException("Files in " + directory + " can't be read: " + cause, cause));
        }
    }

    @Override
    public void close() {
        check.ifPresent(task -> task.cancel(true));
        view.ifPresent(View::close);
        held.ifPresent(DirectoryLock::close);
    }
}
