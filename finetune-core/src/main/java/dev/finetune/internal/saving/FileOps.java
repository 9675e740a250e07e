package dev.finetune.internal.saving;

import java.io.IOException;
import java.nio.file.Path;

/** What saving does to a disk, one step at a time, so that a test can stop it after any of them. */
public interface FileOps {
    /** Makes a directory that isn't there. */
    void createDirectory(Path directory) throws IOException;

    /** Writes a new file, and has the disk confirm its contents. */
    void write(Path file, byte[] contents) throws IOException;

    /** Has the disk confirm a file's contents. */
    void force(Path file) throws IOException;

    /** Has the disk confirm which names a directory holds, where the system can do that. */
    void forceDirectory(Path directory) throws IOException;

    /** Moves a file to another name on the same file system at once, over a file that may be there. */
    void move(Path from, Path to) throws IOException;

    /** Deletes a file, or an empty directory, if it is there. */
    void delete(Path path) throws IOException;
}
