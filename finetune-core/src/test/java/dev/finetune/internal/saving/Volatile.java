package dev.finetune.internal.saving;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;

/**
 * A disk that loses, when the power fails, any of the names that it wasn't asked to confirm: it notes what is done to a
 * directory, and tells what may be there after any of the steps. What was done to names lasts from the next confirmation of
 * their directory on; contents, of files that were confirmed.
 */
final class Volatile implements FileOps {
    private final Dying disk = Dying.never();
    private final List<Step> steps = new ArrayList<>();

    /** A change of names, the directory whose confirmation makes it last, and the step at which that comes. */
    private static final class Step {
        private final Path directory;
        private final Change change;
        private int lastsFrom = Integer.MAX_VALUE;

        private Step(Path directory, Change change) {
            this.directory = directory;
            this.change = change;
        }
    }

    private interface Change {
        void applyTo(State state);
    }

    /** What is on the disk. */
    record State(Map<Path, byte[]> files, Set<Path> folders) {
        static State of(Map<Path, byte[]> files) {
            return new State(new HashMap<>(files), new HashSet<>());
        }
    }

    int steps() {
        return steps.size();
    }

    /** What is left if the power fails after a step, and what isn't confirmed is there or not as is said. */
    State after(int step, Map<Path, byte[]> before, BooleanSupplier isThere) {
        final State state = State.of(before);
        for (Step one : steps.subList(0, step)) {
            if (one.lastsFrom <= step || isThere.getAsBoolean()) {
                one.change.applyTo(state);
            }
        }
        state.files
                .keySet()
                .removeIf(file -> file.getParent().getFileName().toString().startsWith(DirectorySave.STAGING)
                        && !state.folders.contains(file.getParent()));
        return state;
    }

    private void note(Path directory, Change change) {
        steps.add(new Step(directory, change));
    }

    @Override
    public void createDirectory(Path directory) throws IOException {
        disk.createDirectory(directory);
        note(directory.getParent(), state -> state.folders.add(directory));
    }

    @Override
    public void write(Path file, byte[] contents) throws IOException {
        disk.write(file, contents);
        note(file.getParent(), state -> state.files.put(file, contents));
    }

    @Override
    public void force(Path file) throws IOException {
        final byte[] contents = Files.readAllBytes(file);
        note(file.getParent(), state -> state.files.put(file, contents));
    }

    @Override
    public void forceDirectory(Path directory) {
        note(directory, state -> {});
        steps.stream()
                .filter(step -> step.directory.equals(directory))
                .forEach(step -> step.lastsFrom = Math.min(step.lastsFrom, steps.size()));
    }

    @Override
    public void move(Path from, Path to) throws IOException {
        disk.move(from, to);
        note(to.getParent(), state -> {
            final byte[] contents = state.files.remove(from);
            if (contents != null) {
                state.files.put(to, contents);
            }
        });
    }

    @Override
    public void delete(Path path) throws IOException {
        disk.delete(path);
        note(path.getParent(), state -> {
            state.files.remove(path);
            state.folders.remove(path);
        });
    }
}
