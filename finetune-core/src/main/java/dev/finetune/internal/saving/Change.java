package dev.finetune.internal.saving;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Set;

/** What is to become of a directory, decided while nobody else writes to it. */
public interface Change {
    /** Whether the files that are written are all that belong together; else they join, or replace, some that are there. */
    boolean isWhole();

    /**
     * Looks at the directory before anything is written.
     *
     * @throws dev.finetune.error.FinetuneException if it isn't to be changed
     */
    default void check() throws IOException {}

    /** Writes the new files, and no folders, into an empty folder. */
    void writeTo(Path folder) throws IOException;

    /**
     * Which of the files that are there go away, relative to the directory, with slashes.
     *
     * @param written the names of the new files, which replace those of the same name anyway
     */
    Set<String> removed(Set<String> written) throws IOException;
}
