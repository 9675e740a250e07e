package dev.finetune.data;

import java.io.Closeable;
import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** One pass over the examples of a file. */
interface ExampleReader<I> extends Closeable {
    /**
     * The next example, or null at the end. After a bad row it can be called again: reading goes on behind that row.
     */
    @Nullable
    Example<I> next() throws IOException, BadRow;

    /**
     * Passes over the next row, for as little work as there is to do, and doesn't look whether it is a good one; false at the end.
     */
    default boolean skip() throws IOException {
        try {
            return next() != null;
        } catch (BadRow e) {
            return true;
        }
    }

    /** What was read otherwise than the user may expect, told once at the end. */
    default Optional<String> remark() {
        return Optional.empty();
    }

    /** Opens a file for a pass. */
    interface Opener<I> {
        ExampleReader<I> open() throws IOException;
    }
}
