package dev.finetune.data;

import dev.finetune.error.FinetuneException;
import java.nio.file.Path;
import java.util.Objects;

/**
 * Reads questions on passages, with the answers marked in the passage, from JSON in the layout of SQuAD 1.1
 * (Rajpurkar et al., 2016).
 *
 * <pre>{@code
 * Dataset<Question> train = SquadFiles.json(Path.of("train-v1.1.json")).questionAnswering();
 * Dataset<Question> first = SquadFiles.json(Path.of("dev-v1.1.json")).limit(100).questionAnswering();
 * }</pre>
 *
 * <p>Such files are written by Python, which counts {@code answer_start} in code points; it is turned into UTF-16 units,
 * and an answer that doesn't stand where it should makes its question a bad row. So does a question without an answer
 * (SQuAD 2.0 has such). A bad row is named by its place in the file; it stops reading unless {@link #skipBadRows} is
 * set. Broken JSON always does. Encoding and gzip are as with {@link TextFiles}.
 *
 * <p>A reader never changes: each setting gives a new one. Reading starts with {@link #questionAnswering} or
 * {@link #unlabelled}.
 */
public final class SquadFiles {
    private final Path path;
    private final ReadOptions options;

    private SquadFiles(Path path, ReadOptions options) {
        this.path = path;
        this.options = options;
    }

    /**
     * {@return a reader of a JSON file with {@code data}, {@code paragraphs} and {@code qas}}
     *
     * @param path the file, which may be gzipped
     */
    public static SquadFiles json(Path path) {
        Objects.requireNonNull(path, "path");
        return new SquadFiles(path, ReadOptions.DEFAULT);
    }

    /**
     * Leaves bad questions out instead of failing; their number and the first reasons are logged at the end.
     *
     * @return a new reader with that setting
     */
    public SquadFiles skipBadRows() {
        return new SquadFiles(path, options.skippingBadRows());
    }

    /**
     * Reads only the first {@code n} good questions. Default: all.
     *
     * @param n at least 0
     * @return a new reader with that setting
     */
    public SquadFiles limit(long n) {
        return new SquadFiles(path, options.withLimit(n));
    }

    /**
     * Reads the file anew at each pass, one article at a time, for files larger than memory.
     *
     * @return a new reader with that setting
     */
    public SquadFiles streamed() {
        return new SquadFiles(path, options.asStream());
    }

    /**
     * {@return the questions with their answers: each label is a {@link Label.Answers}, never empty}
     *
     * @throws FinetuneException if the file can't be read, isn't JSON of this layout, or a question is bad
     */
    public Dataset<Question> questionAnswering() {
        return read(true);
    }

    /**
     * {@return the questions alone, whether or not the file has answers: each label is a {@link Label.None}}
     *
     * @throws FinetuneException if the file can't be read, isn't JSON of this layout, or a question is bad
     */
    public Dataset<Question> unlabelled() {
        return read(false);
    }

    private Dataset<Question> read(boolean answered) {
        return new ExampleFile<>(path, Question.class, options, () -> SquadReader.open(path, options, answered))
                .dataset();
    }
}
