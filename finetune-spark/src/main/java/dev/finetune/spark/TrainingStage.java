package dev.finetune.spark;

import dev.finetune.error.FinetuneException;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.apache.spark.SparkException;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.rdd.RDD;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import scala.reflect.ClassTag;
import scala.reflect.ClassTag$;

/** A training as a barrier stage: rows in as many parts as there are workers, and what worker 0 gives back. */
final class TrainingStage<I> {
    private static final Logger LOG = LoggerFactory.getLogger(TrainingStage.class);

    private final TunerSource tuner;
    private final int workers;
    private final Columns<I> columns;
    private final TrainingTask.Validation kind;
    private final @Nullable String shared;

    TrainingStage(
            TunerSource tuner, int workers, Columns<I> columns, TrainingTask.Validation kind, @Nullable String shared) {
        this.kind = kind;
        this.tuner = tuner;
        this.workers = workers;
        this.columns = columns;
        this.shared = shared;
    }

    /** Writes the model to the directory, unless it is the one that worker 0 writes to. */
    void run(Dataset<Row> train, Optional<Dataset<Row>> validation, Path directory, int attempts) {
        final JavaRDD<LabelledRow> rows = rows(train, validation);
        final String job = train.sparkSession().sparkContext().applicationId() + " " + UUID.randomUUID();
        for (int attempt = 1; ; attempt++) {
            try {
                final List<ModelPiece> pieces = once(rows, job + " " + attempt);
                ModelPiece.write(pieces, directory);
                return;
            } catch (Exception e) { // Scala throws what it doesn't declare.
                final boolean isSparks = e instanceof SparkException;
                if (!isSparks || attempt >= attempts) {
                    throw isSparks ? failed(e, attempt) : rethrown(e);
                }
                LOG.warn(
                        "Training attempt {} of {} failed; the next goes on from the last checkpoint",
                        attempt,
                        attempts,
                        e);
            }
        }
    }

    private List<ModelPiece> once(JavaRDD<LabelledRow> rows, String job) {
        final ClassTag<ModelPiece> tag = ClassTag$.MODULE$.apply(ModelPiece.class);
        final RDD<ModelPiece> trained =
                rows.rdd().barrier().mapPartitions(new TrainingTask<>(tuner, columns, kind, job, shared), false, tag);
        return JavaRDD.fromRDD(trained, tag).collect();
    }

    /**
     * The same rows in the same parts and order, whenever they are computed: an attempt that goes on from a checkpoint has to
     * see the same data.
     */
    private JavaRDD<LabelledRow> rows(Dataset<Row> train, Optional<Dataset<Row>> validation) {
        final JavaRDD<LabelledRow> toLearn = parts(train).javaRDD().map(row -> new LabelledRow(row, false));
        return validation
                .map(rows -> toLearn.zipPartitions(
                        parts(rows).javaRDD(),
                        (Iterator<LabelledRow> first, Iterator<Row> second) -> LabelledRow.then(first, second)))
                .orElse(toLearn);
    }

    private Dataset<Row> parts(Dataset<Row> rows) {
        final Column[] read = columns.names().stream()
                .distinct()
                .map(name -> named(rows, name))
                .toArray(Column[]::new);
        return rows.select(read).repartition(workers).sortWithinPartitions(read);
    }

    /** Dots in a name are its own. */
    static Column named(Dataset<Row> rows, String name) {
        return rows.col("`" + name.replace("`", "``") + "`");
    }

    private static FinetuneException failed(Exception e, int attempts) {
        return new FinetuneException(
                "Training on Spark failed" + (attempts > 1 ? " at attempt " + attempts : "") + ": " + e.getMessage(),
                e);
    }

    private static RuntimeException rethrown(Exception e) {
        return e instanceof RuntimeException unchecked ? unchecked : new FinetuneException(String.valueOf(e), e);
    }
}
