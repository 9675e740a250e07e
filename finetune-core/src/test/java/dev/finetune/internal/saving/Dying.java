package dev.finetune.internal.saving;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A disk on which the process dies, or one step fails, before or after the k-th step. Nothing is confirmed by the disk, which
 * goes on when a process dies.
 */
final class Dying implements FileOps {
    /** What ends the process, in a test. */
    static final class Killed extends Error {
        private static final long serialVersionUID = 1;
    }

    /** How it goes wrong. */
    enum How {
        /** Nothing happens any more from the step on. */
        KILLED_BEFORE,
        /** Nothing happens any more after the step. */
        KILLED_AFTER,
        /** The step fails, others don't. */
        FAILING
    }

    private interface Step {
        void run() throws IOException;
    }

    private final FileOps disk = new Disk();
    private final How how;
    private final int at;
    private int steps;

    Dying(How how, int at) {
        this.how = how;
        this.at = at;
    }

    /** One on which nothing goes wrong. */
    static Dying never() {
        return new Dying(How.FAILING, Integer.MAX_VALUE);
    }

    /** Whether it came to that. */
    boolean happened() {
        return steps >= at;
    }

    private void step(Step step) throws IOException {
        steps++;
        if (steps > at && how != How.FAILING || steps == at && how == How.KILLED_BEFORE) {
            throw new Killed();
        }
        if (steps == at && how == How.FAILING) {
            throw new IOException("No space left on device");
        }
        step.run();
        if (steps == at && how == How.KILLED_AFTER) {
            throw new Killed();
        }
    }

    @Override
    public void createDirectory(Path directory) throws IOException {
        step(() -> disk.createDirectory(directory));
    }

    @Override
    public void write(Path file, byte[] contents) throws IOException {
        step(() -> Files.write(file, contents));
    }

    @Override
    public void force(Path file) throws IOException {
        step(() -> {});
    }

    @Override
    public void forceDirectory(Path directory) throws IOException {
        step(() -> {});
    }

    @Override
    public void move(Path from, Path to) throws IOException {
        step(() -> disk.move(from, to));
    }

    @Override
    public void delete(Path path) throws IOException {
        step(() -> disk.delete(path));
    }
}
