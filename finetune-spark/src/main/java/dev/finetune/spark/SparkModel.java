package dev.finetune.spark;

import dev.finetune.FineTuned;
import dev.finetune.error.FinetuneException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.apache.spark.SparkContext;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;

/**
 * A saved model that scores data frames on Spark's executors.
 *
 * <pre>{@code
 * SparkModel<Text> model = SparkModel.load(Path.of("/models/reviews"), TextColumns.of("review"));
 * Dataset<Row> scored = model.transform(reviews);
 * }</pre>
 *
 * <p>All columns stay; these come behind them, under these names unless {@link #prefix} changes them:
 *
 * <ul>
 *   <li>{@code prediction}: the label, a string; for a head of several labels an array of strings; for a regression a double, or
 *       an array of doubles where it has several targets; for features an array of floats
 *   <li>{@code probability}: of that label, a double (heads of classes alone)
 *   <li>{@code probabilities}: of every label, a map from its name (heads of classes and of several labels)
 *   <li>{@code error}: why there is no prediction, for rows that can't be read, such as those whose text is null; null for all
 *       others. Such rows fail no job; filter by it.
 * </ul>
 *
 * <p>Each executor loads the model once, when its first task needs it; all of its tasks use that one at the same time. It is closed
 * when none used it for a minute, or when another model is needed. A partition is read, predicted and handed on some rows at a
 * time ({@link #rowsAtOnce}), in batches of similar length, so that its size doesn't matter.
 *
 * <p>How executors come by the files: by default they read the directory that the driver reads, so that it has to be on a
 * file system that all machines see, under the same path: NFS, a mounted volume, a directory in the executors' image.
 * With {@link #shipped} Spark sends the files to each executor, which writes them to its work
 * directory. Either way an executor refuses a model that isn't the one that the driver loaded.
 *
 * <p>Native memory lies outside the executor's heap: {@code spark.executor.memoryOverhead} has to hold the model's weights and
 * what batches need. Immutable.
 *
 * @param <I> the kind of input
 */
public final class SparkModel<I> {
    private static final int ROWS_AT_ONCE = 1024;

    private final Path directory;
    private final String fingerprint;
    private final Columns<I> columns;
    private final OutputColumns outputs;
    private final List<String> labels;
    private final boolean shipped;
    private final int atOnce;

    private SparkModel(
            Path directory,
            String fingerprint,
            Columns<I> columns,
            OutputColumns outputs,
            List<String> labels,
            boolean shipped,
            int atOnce) {
        this.directory = directory;
        this.fingerprint = fingerprint;
        this.columns = columns;
        this.outputs = outputs;
        this.labels = labels;
        this.shipped = shipped;
        this.atOnce = atOnce;
    }

    /**
     * Loads a model in the driver, to see that it can be loaded and what it predicts, and closes it.
     *
     * @param <I> the kind of input
     * @param directory that {@link FineTuned#save} wrote, or Transformers
     * @param columns where the inputs are, such as {@code TextColumns.of("review")}
     * @return what scores with it
     * @throws FinetuneException if there is no such model, if it reads another kind of input, or if its head is none of one for
     *     classes, several labels, numbers or features
     */
    public static <I> SparkModel<I> load(Path directory, Columns<I> columns) {
        Objects.requireNonNull(directory, "directory");
        Objects.requireNonNull(columns, "columns");
        final Path absolute = directory.toAbsolutePath().normalize();
        if (!Files.isDirectory(absolute)) {
            throw new FinetuneException("There is no directory " + absolute + " to load a model from.");
        }
        try (FineTuned<I> model = FineTuned.load(absolute, columns.inputType())) {
            return new SparkModel<>(
                    absolute,
                    Fingerprint.of(absolute),
                    columns,
                    new OutputColumns(OutputColumns.kind(model.assembly().task().head()), ""),
                    model.labels(),
                    false,
                    ROWS_AT_ONCE);
        }
    }

    /**
     * {@return the same, whose files Spark sends to the executors} They travel once an application, before the first task that
     * needs them.
     */
    public SparkModel<I> shipped() {
        return new SparkModel<>(directory, fingerprint, columns, outputs, labels, true, atOnce);
    }

    /**
     * {@return the same that reads other columns}
     *
     * @param other where the inputs are
     */
    public SparkModel<I> columns(Columns<I> other) {
        Objects.requireNonNull(other, "other");
        return new SparkModel<>(directory, fingerprint, other, outputs, labels, shipped, atOnce);
    }

    /**
     * {@return the same, whose columns' names begin so: {@code prefix("mood_")} gives mood_prediction, mood_error ...}
     *
     * @param prefix empty by default
     */
    public SparkModel<I> prefix(String prefix) {
        Objects.requireNonNull(prefix, "prefix");
        final OutputColumns renamed = new OutputColumns(outputs.kind(), prefix);
        return new SparkModel<>(directory, fingerprint, columns, renamed, labels, shipped, atOnce);
    }

    /**
     * {@return the same, each task of which holds so many rows at a time} More make batches of more similar lengths.
     *
     * @param rows at least 1; 1024 by default
     * @throws FinetuneException if they are less than 1
     */
    public SparkModel<I> rowsAtOnce(int rows) {
        if (rows < 1) {
            throw new FinetuneException("rowsAtOnce(" + rows + ") is less than 1.");
        }
        return new SparkModel<>(directory, fingerprint, columns, outputs, labels, shipped, rows);
    }

    /**
     * {@return the data frame with what the model says of each row; computed when Spark computes it}
     *
     * @param rows with the columns that the model reads
     * @throws FinetuneException if these aren't there or of another type, or if a column of the new ones' names is
     */
    public Dataset<Row> transform(Dataset<Row> rows) {
        Objects.requireNonNull(rows, "rows");
        final StructType schema = transformSchema(rows.schema());
        final SparkContext context = rows.sparkSession().sparkContext();
        final @Nullable ShippedFiles sent =
                shipped && !context.isLocal() ? Shipping.ship(context, directory, fingerprint) : null;
        final ModelFiles files = new ModelFiles(directory.toString(), fingerprint, sent);
        return rows.mapPartitions(new ScorePartition<>(files, columns, outputs, atOnce), Encoders.row(schema));
    }

    /**
     * {@return the schema that {@link #transform} gives}
     *
     * @param schema of the data frame
     * @throws FinetuneException as transform
     */
    public StructType transformSchema(StructType schema) {
        Objects.requireNonNull(schema, "schema");
        columns.checkInputs(schema);
        return outputs.appendedTo(schema);
    }

    /** {@return the names of the outputs, in order; empty where they have none} */
    public List<String> labels() {
        return labels;
    }

    /** {@return where the model was loaded from, as the driver sees it} */
    public Path directory() {
        return directory;
    }

    /** {@return the model itself, in this JVM, to be closed by the caller} */
    public FineTuned<I> open() {
        return FineTuned.load(directory, columns.inputType());
    }

    /** What scores what. */
    @Override
    public String toString() {
        return "SparkModel: " + directory + ", " + columns + (shipped ? ", sent to executors" : "");
    }
}
