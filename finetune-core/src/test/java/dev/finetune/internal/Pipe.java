package dev.finetune.internal;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Path;

/** Makes named pipes to which nobody writes: who opens one to read waits for ever. */
public final class Pipe {
    private Pipe() {}

    /** Makes one, where the system has them. */
    public static Path make(Path path) throws IOException {
        try {
            assumeTrue(new ProcessBuilder("mkfifo", path.toString()).start().waitFor() == 0, "mkfifo made no pipe");
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
        return path;
    }
}
