package dev.finetune.spark;

import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.checkpoint.Overwrite;
import dev.finetune.error.FinetuneException;
import dev.finetune.train.Checkpoints;
import dev.finetune.train.TrainingSettings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkContext;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.functions;

/**
 * Fine-tunes on Spark's executors, each of which trains on its part of a data frame, all with the same weights ({@link
 * FineTuner#distributed}).
 *
 * <pre>{@code
 * SparkFineTuner spark = SparkFineTuner.of(() -> FineTuner.from("/models/bert").head(2).lr(5e-5)).workers(8);
 * SparkModel<Text> model = spark.fit(reviews, validation, TextColumns.of("review", "stars"));
 * }</pre>
 *
 * <p>The workers are the tasks of one barrier stage: they begin together, when so many of the cluster's slots are free at once, and
 * Spark's dynamic allocation has to be off. Each has to have its executor for itself ({@code spark.task.cpus} as large
 * as {@code spark.executor.cores}), and keeps its rows in memory, or with {@link #streamed} on disk. As with {@code distributed}, {@link
 * FineTuner#batchSize(int)} counts the rows of one worker: {@code n} workers take steps of {@code n} times as many.
 *
 * <p>What the tuner starts from has to be there for executors: a directory that all machines see, a model in a jar that was
 * given to Spark, or a model id, where they reach the hub.
 *
 * <p>A worker that dies ends the training; Spark doesn't repeat such a stage. With {@link #attempts} it is begun again, and goes on
 * from the tuner's last {@linkplain FineTuner#checkpoints checkpoint}, in a directory that all machines see. Immutable.
 */
public final class SparkFineTuner {
    private final TunerSource tuner;
    private final int workers;
    private final int attempts;
    private final boolean streamed;
    private final Optional<Path> shared;

    private SparkFineTuner(TunerSource tuner, int workers, int attempts, boolean streamed, Optional<Path> shared) {
        this.tuner = tuner;
        this.workers = workers;
        this.attempts = attempts;
        this.streamed = streamed;
        this.shared = shared;
    }

    /**
     * Starts from a tuner, as each executor makes it for itself.
     *
     * @param tuner makes it: {@code () -> FineTuner.from("/models/bert").head(2)}
     * @return one worker, one attempt
     */
    public static SparkFineTuner of(TunerSource tuner) {
        Objects.requireNonNull(tuner, "tuner");
        return new SparkFineTuner(tuner, 1, 1, false, Optional.empty());
    }

    /**
     * {@return the same with so many executors that train together}
     *
     * @param count at least 1, which is the default
     * @throws FinetuneException if it is less
     */
    public SparkFineTuner workers(int count) {
        if (count < 1) {
            throw new FinetuneException("workers(" + count + ") is less than 1.");
        }
        return new SparkFineTuner(tuner, count, attempts, streamed, shared);
    }

    /**
     * {@return the same, begun again when a worker or its machine is lost} Each attempt goes on from the tuner's last checkpoint, so
     * that the tuner has to have {@code checkpoints(Checkpoints.in(shared).resume())}. What would come again, such as a row that
     * can't be used or a setting that doesn't fit, is told at once.
     *
     * @param count of all attempts, at least 1, which is the default
     * @throws FinetuneException if it is less
     */
    public SparkFineTuner attempts(int count) {
        if (count < 1) {
            throw new FinetuneException("attempts(" + count + ") is less than 1.");
        }
        return new SparkFineTuner(tuner, workers, count, streamed, shared);
    }

    /**
     * {@return the same, whose model worker 0 saves to a directory that the driver and all executors see} Without it the
     * model's files travel to the driver with the stage's result, through both heaps, for which {@code
     * spark.driver.maxResultSize} has to have room.
     *
     * @param directory made if it isn't there
     */
    public SparkFineTuner savedTo(Path directory) {
        Objects.requireNonNull(directory, "directory");
        return new SparkFineTuner(
                tuner,
                workers,
                attempts,
                streamed,
                Optional.of(directory.toAbsolutePath().normalize()));
    }

    /**
     * {@return the same for data larger than the heaps of the workers} A worker writes its rows to a file in the executor's local
     * directory ({@code spark.local.dir}) as they come, and reads them anew in each epoch, as {@link
     * dev.finetune.data.Dataset#streamed} does, and encodes them, so that no more of them than a few hundred batches are in memory. Steps
     * are counted as they are of rows in memory. What differs is the order: rows are in one that is as good as random, drawn by the
     * tuner's seed, and shuffled anew in each epoch within windows of 64 batches; and {@link #fit(Dataset, Columns)} holds back
     * rows drawn by themselves, not class by class. {@code Batching.balancedSampling} isn't possible.
     */
    public SparkFineTuner streamed() {
        return new SparkFineTuner(tuner, workers, attempts, true, shared);
    }

    /**
     * Trains, evaluating on a part of each worker's rows that is held back.
     *
     * @param <I> the kind of input
     * @param rows to train on
     * @param columns where inputs and labels are
     * @return the trained model
     * @throws FinetuneException if settings, cluster and data don't fit together, or if the last attempt failed
     */
    public <I> SparkModel<I> fit(Dataset<Row> rows, Columns<I> columns) {
        Objects.requireNonNull(rows, "rows");
        Objects.requireNonNull(columns, "columns");
        if (!streamed) {
            return fit(rows, Optional.empty(), TrainingTask.Validation.HELD_BACK, columns);
        }
        columns.checkInputs(rows.schema());
        columns.checkLabels(rows.schema());
        final TrainingSettings settings = tuner.get().settings();
        final Column held = Mixing.isHeldBack(
                TrainingStage.read(rows, columns),
                settings.seed(),
                settings.evaluation().validationFraction());
        return fit(rows.filter(functions.not(held)), rows.filter(held), columns);
    }

    /**
     * Trains on one data frame and evaluates on another.
     *
     * @param <I> the kind of input
     * @param train rows to learn from
     * @param validation rows to evaluate on, with the same columns
     * @param columns where inputs and labels are
     * @return the trained model
     * @throws FinetuneException if settings, cluster and data don't fit together, or if the last attempt failed
     */
    public <I> SparkModel<I> fit(Dataset<Row> train, Dataset<Row> validation, Columns<I> columns) {
        Objects.requireNonNull(train, "train");
        Objects.requireNonNull(validation, "validation");
        Objects.requireNonNull(columns, "columns");
        return fit(train, Optional.of(validation), TrainingTask.Validation.GIVEN, columns);
    }

    /**
     * Trains without evaluating.
     *
     * @param <I> the kind of input
     * @param train rows to learn from, all of them
     * @param columns where inputs and labels are
     * @return the trained model
     * @throws FinetuneException if settings, cluster and data don't fit together, or if the last attempt failed
     */
    public <I> SparkModel<I> fitAll(Dataset<Row> train, Columns<I> columns) {
        Objects.requireNonNull(train, "train");
        Objects.requireNonNull(columns, "columns");
        return fit(train, Optional.empty(), TrainingTask.Validation.NONE, columns);
    }

    private <I> SparkModel<I> fit(
            Dataset<Row> train, Optional<Dataset<Row>> validation, TrainingTask.Validation kind, Columns<I> columns) {
        final SparkContext context = train.sparkSession().sparkContext();
        checkSettings(context);
        columns.checkInputs(train.schema());
        columns.checkLabels(train.schema());
        validation.ifPresent(rows -> {
            columns.checkInputs(rows.schema());
            columns.checkLabels(rows.schema());
        });
        final Path directory = shared.orElseGet(SparkFineTuner::temporary);
        final TrainingStage<I> stage = new TrainingStage<>(
                tuner,
                workers,
                columns,
                kind,
                streamed,
                shared.map(Path::toString).orElse(null));
        stage.run(train, validation, directory, attempts);
        final SparkModel<I> model = SparkModel.load(directory, columns);
        return shared.isPresent() ? model : model.shipped();
    }

    private void checkSettings(SparkContext context) {
        final SparkConf conf = context.getConf();
        if (conf.getBoolean("spark.dynamicAllocation.enabled", false)) {
            throw new FinetuneException(
                    "spark.dynamicAllocation.enabled is true, but workers that train together begin together:"
                            + " set it to false, and spark.executor.instances to " + workers + ".");
        }
        if (context.isLocal() && workers > 1) {
            throw new FinetuneException("workers(" + workers + ") needs an executor each, but " + context.master()
                    + " runs all tasks in this process: say workers(1), which trains on all of its cores, or"
                    + " use a cluster.");
        }
        final FineTuner first = tuner.get();
        if (attempts > 1
                && first.checkpoints()
                        .filter(each -> each.existing() == Checkpoints.Existing.RESUME)
                        .isEmpty()) {
            throw new FinetuneException("attempts(" + attempts
                    + ") goes on from checkpoints, of which the tuner writes none, or which it doesn't resume: say"
                    + " checkpoints(Checkpoints.in(directory).resume()), with a directory that all machines see.");
        }
        shared.ifPresent(directory -> FineTuned.checkSave(directory, Overwrite.OURS));
    }

    private static Path temporary() {
        try {
            return Folder.temporary();
        } catch (IOException e) {
            throw new FinetuneException("There is no place for a trained model: " + e + "; say savedTo(directory).", e);
        }
    }

    /** What is trained with how many workers. */
    @Override
    public String toString() {
        return "SparkFineTuner: " + workers + (workers == 1 ? " worker" : " workers")
                + (streamed ? ", streamed" : "")
                + shared.map(directory -> ", saved to " + directory).orElse("");
    }
}
