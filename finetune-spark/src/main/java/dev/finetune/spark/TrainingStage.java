package dev.finetune.spark;

import dev.finetune.error.FinetuneException;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.Optional;
import java.util.UUID;
import org.apache.spark.SparkContext;
import org.apache.spark.SparkException;
import org.apache.spark.TaskFailedReason;
import org.apache.spark.api.java.JavaRDD;
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
    private final boolean streamed;
    private final @Nullable String shared;

    TrainingStage(
            TunerSource tuner,
            int workers,
            Columns<I> columns,
            TrainingTask.Validation kind,
            boolean streamed,
            @Nullable String shared) {
        this.kind = kind;
        this.tuner = tuner;
        this.workers = workers;
        this.columns = columns;
        this.streamed = streamed;
        this.shared = shared;
    }

    /**
     * Writes the model to the directory, unless it is the one that worker 0 writes to.
     *
     * @param attempts how often it is begun at most; again only where something was lost that may be there the next time
     */
    void run(Dataset<Row> train, Optional<Dataset<Row>> validation, Path directory, int attempts) {
        final SparkContext context = train.sparkSession().sparkContext();
        final JavaRDD<LabelledRow> rows = rows(train, validation);
        final String job = context.applicationId() + " " + UUID.randomUUID();
        for (int attempt = 1; ; attempt++) {
            final String name = job + " " + attempt;
            final Optional<Failed> failed = once(trained(rows, name), context, name, directory);
            if (failed.isEmpty()) {
                return;
            }
            if (!failed.get().isLoss() || attempt >= attempts) {
                throw failed.get().told(attempt, attempts);
            }
            LOG.warn(
                    "Attempt {} of {} lost a worker, and the next goes on from the last checkpoint: {}",
                    attempt,
                    attempts,
                    failed.get().why());
        }
    }

    /** Empty where all went well. */
    private static Optional<Failed> once(
            JavaRDD<ModelPiece> trained, SparkContext context, String job, Path directory) {
        try (FailureWatch watch = FailureWatch.open(context, job)) {
            try {
                ModelPiece.write(trained.collect(), directory);
                return Optional.empty();
            } catch (Exception e) { // Scala throws what it doesn't declare.
                if (e instanceof SparkException) {
                    return Optional.of(new Failed(e, watch.reason()));
                }
                throw e instanceof RuntimeException unchecked ? unchecked : new FinetuneException(String.valueOf(e), e);
            }
        }
    }

    /**
     * A job that failed.
     *
     * @param thrown by Spark
     * @param reason why its task failed, if it was one
     */
    private record Failed(Exception thrown, Optional<TaskFailedReason> reason) {
        boolean isLoss() {
            return reason.filter(Reasons::isLoss).isPresent();
        }

        String why() {
            return reason.map(Reasons::told).orElse(String.valueOf(thrown.getMessage()));
        }

        FinetuneException told(int attempt, int attempts) {
            return new FinetuneException(
                    "Training on Spark failed" + (attempt > 1 ? " at attempt " + attempt : "") + ": " + why()
                            + (isLoss() && attempts == 1
                                    ? " (With attempts(...) and checkpoints it is begun again by itself.)"
                                    : ""),
                    thrown);
        }
    }

    private JavaRDD<ModelPiece> trained(JavaRDD<LabelledRow> rows, String job) {
        final ClassTag<ModelPiece> tag = ClassTag$.MODULE$.apply(ModelPiece.class);
        final TrainingTask<I> task = new TrainingTask<>(tuner, columns, kind, job, streamed, shared);
        return JavaRDD.fromRDD(rows.rdd().barrier().mapPartitions(task, false, tag), tag);
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
        final Column[] read = read(rows, columns);
        final Dataset<Row> parts = rows.select(read).repartition(workers);
        return parts.sortWithinPartitions(
                streamed ? Mixing.order(read, tuner.get().settings().seed()) : read);
    }

    /** The columns that are read. */
    static Column[] read(Dataset<Row> rows, Columns<?> columns) {
        return columns.names().stream()
                .distinct()
                .map(name -> named(rows, name))
                .toArray(Column[]::new);
    }

    /** Dots in a name are its own. */
    static Column named(Dataset<Row> rows, String name) {
        return rows.col("`" + name.replace("`", "``") + "`");
    }
}
