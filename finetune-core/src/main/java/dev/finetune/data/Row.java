package dev.finetune.data;

import java.io.Closeable;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** One row of a file; a value that isn't there or isn't what was asked for is a bad row. */
interface Row {
    /** A text, not blank. */
    String text(Column column) throws BadRow;

    /** The name of a class, without the blanks around it; a number or a truth value is taken as it is written. */
    String name(Column column) throws BadRow;

    /** Names of classes: none, one or several. */
    Set<String> names(Column column, String separator) throws BadRow;

    /** A truth value, as 0 or 1, false or true. */
    boolean flag(Column column) throws BadRow;

    /** One number or several, all finite. */
    List<Double> numbers(Column column) throws BadRow;

    /** One pass over the rows of a file. */
    interface Reader extends Closeable {
        /** The next row, or null at the end. After a bad row, reading goes on behind it. */
        @Nullable
        Row next() throws IOException, BadRow;

        /** Passes over the next row, good or bad; false at the end. */
        default boolean skip() throws IOException {
            try {
                return next() != null;
            } catch (BadRow e) {
                return true;
            }
        }
    }
}
