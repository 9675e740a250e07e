package dev.finetune.data;

import com.google.gson.JsonObject;
import dev.finetune.error.FinetuneException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Reads examples of any kind from JSON Lines, one object a line, where {@link TextFiles} doesn't know their shape.
 *
 * <pre>{@code
 * Dataset<Text> titles = JsonFiles.lines(Path.of("news.jsonl"))
 *         .read(Text.class, row -> new Example<>(Text.of(row.get("title").getAsString()), Label.none()));
 * }</pre>
 *
 * <p>Encoding, gzip, blank lines and bad rows are as with {@link TextFiles}. A reader never changes: each setting gives a new
 * one.
 */
public final class JsonFiles {
    private final Path path;
    private final ReadOptions options;

    private JsonFiles(Path path, ReadOptions options) {
        this.path = path;
        this.options = options;
    }

    /**
     * {@return a reader of one JSON object on each line}
     *
     * @param path the file, which may be gzipped
     */
    public static JsonFiles lines(Path path) {
        Objects.requireNonNull(path, "path");
        return new JsonFiles(path, ReadOptions.DEFAULT);
    }

    /**
     * Leaves bad rows out instead of failing; their number and the first reasons are logged at the end.
     *
     * @return a new reader with that setting
     */
    public JsonFiles skipBadRows() {
        return new JsonFiles(path, options.skippingBadRows());
    }

    /**
     * Reads only the first {@code n} good rows. Default: all.
     *
     * @param n at least 1
     * @return a new reader with that setting
     */
    public JsonFiles limit(long n) {
        return new JsonFiles(path, options.withLimit(n));
    }

    /**
     * Reads the file anew at each pass, in constant memory, for files larger than memory.
     *
     * @return a new reader with that setting
     */
    public JsonFiles streamed() {
        return new JsonFiles(path, options.asStream());
    }

    /**
     * Makes an example of a row.
     *
     * @param <I> the kind of input
     */
    public interface Parser<I> {
        /**
         * {@return the example of a row}
         *
         * @param row the object on the line
         * @throws FinetuneException saying what is wrong, without a final point, if the row is bad; file and line are added
         */
        Example<I> example(JsonObject row);
    }

    /**
     * {@return the rows as examples}
     *
     * @param <I> the kind of input
     * @param type its class
     * @param parser makes an example of each row
     * @throws FinetuneException if the file can't be read, or a row is bad
     */
    public <I> Dataset<I> read(Class<I> type, Parser<I> parser) {
        Objects.requireNonNull(type, "type");
        Objects.requireNonNull(parser, "parser");
        return new ExampleFile<>(path, type, options, () -> new Parsed<>(parser)).dataset();
    }

    /** One pass over the rows as examples. */
    private final class Parsed<I> implements ExampleReader<I> {
        private final JsonRows rows;
        private final Parser<I> parser;

        Parsed(Parser<I> parser) throws IOException {
            this.rows = new JsonRows(LineReader.open(path, options.charset()));
            this.parser = parser;
        }

        @Override
        public @Nullable Example<I> next() throws IOException, BadRow {
            JsonRow row = rows.next();
            if (row == null) {
                return null;
            }
            try {
                return parser.example(row.object());
            } catch (FinetuneException e) {
                throw new BadRow(row.line(), e.getMessage());
            }
        }

        @Override
        public boolean skip() throws IOException {
            return rows.skip();
        }

        @Override
        public void close() throws IOException {
            rows.close();
        }
    }
}
