package dev.finetune.spark;

import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.data.Dataset;
import dev.finetune.data.Text;
import dev.finetune.data.TextFiles;
import dev.finetune.train.Checkpoints;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.function.Supplier;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;

/**
 * Fine-tunes on a standalone cluster of two workers that it starts on this machine, and in one process with both cores, with steps
 * of the same rows; then again, with a worker killed after the first checkpoint, and another in its place. Arguments: a table to
 * train on and one to score (TSV with the columns sentence and label), what to start from, and how many rows to train on.
 */
public final class Distributed {
    private static final int ROWS_OF_A_STEP = 32;
    private static final int EVERY = 20;

    private Distributed() {}

    /**
     * Prints rows a second of each, the share of correct labels, and how the interrupted training went on.
     *
     * @param arguments train.tsv, dev.tsv, model, rows
     */
    public static void main(String[] arguments) throws IOException, InterruptedException {
        final Path train = Path.of(arguments[0]).toAbsolutePath();
        final Path test = Path.of(arguments[1]).toAbsolutePath();
        final String model = arguments[2];
        final int rows = Integer.parseInt(arguments[3]);
        final Path folder = Files.createTempDirectory("finetune-distributed");
        final double alone = alone(train, test, model, rows);
        try (StandaloneCluster cluster = StandaloneCluster.start(folder, 2, 1);
                SparkSession spark = cluster.session(Map.of()).getOrCreate()) {
            final org.apache.spark.sql.Dataset<Row> reviews = read(spark, train).limit(rows);
            final org.apache.spark.sql.Dataset<Row> unseen = read(spark, test);
            final SparkFineTuner tuner =
                    SparkFineTuner.of(tuner(model, ROWS_OF_A_STEP / 2)).workers(2);
            final double together = timed("two workers", rows, () -> score(tuner, reviews, unseen));
            System.out.printf("two workers / one process: %.3f%n", together / alone);

            final Path checkpoints = folder.resolve("checkpoints");
            final String directory = checkpoints.toString();
            final TunerSource source = tuner(model, ROWS_OF_A_STEP / 2);
            final SparkFineTuner lasting = SparkFineTuner.of(() -> source.get()
                            .checkpoints(Checkpoints.in(Path.of(directory))
                                    .everySteps(EVERY)
                                    .resume()))
                    .workers(2)
                    .attempts(3);
            final Thread killer = new Thread(() -> killOne(cluster, checkpoints));
            killer.start();
            timed("two workers, of which one was killed", rows, () -> score(lasting, reviews, unseen));
            killer.join();
        } finally {
            Folder.delete(folder);
        }
    }

    private static org.apache.spark.sql.Dataset<Row> read(SparkSession spark, Path table) {
        return spark.read()
                .option("sep", "\t")
                .option("header", "true")
                .option("quote", "")
                .csv(table.toString())
                .select(functions.col("sentence"), functions.col("label"));
    }

    private static TunerSource tuner(String model, int batchSize) {
        return () -> FineTuner.from(model)
                .head("0", "1")
                .epochs(1)
                .batchSize(batchSize)
                .maxLength(64);
    }

    private static double alone(Path train, Path test, String model, int rows) {
        final Dataset<Text> learned = TextFiles.tsv(train).classification().limit(rows);
        final Dataset<Text> unseen = TextFiles.tsv(test).classification();
        return timed("one process", rows, () -> {
            try (FineTuned<Text> tuned = tuner(model, ROWS_OF_A_STEP).get().fitAll(learned)) {
                return tuned.evaluate(unseen).get("accuracy");
            }
        });
    }

    private static double score(
            SparkFineTuner tuner, org.apache.spark.sql.Dataset<Row> reviews, org.apache.spark.sql.Dataset<Row> unseen) {
        final org.apache.spark.sql.Dataset<Row> scored =
                tuner.fitAll(reviews, TextColumns.of("sentence", "label")).transform(unseen);
        return (double) scored.filter("prediction = label").count() / scored.count();
    }

    private static double timed(String what, int rows, Supplier<Double> work) {
        final long began = System.nanoTime();
        final double accuracy = work.get();
        final double seconds = Duration.ofNanos(System.nanoTime() - began).toMillis() / 1000.0;
        System.out.printf("%s: %.1f s, %.1f rows/s, %.1f %% correct%n", what, seconds, rows / seconds, 100 * accuracy);
        return rows / seconds;
    }

    private static void killOne(StandaloneCluster cluster, Path checkpoints) {
        try {
            while (!Checkpoints.areIn(checkpoints)) {
                Thread.sleep(100);
            }
            System.out.println("there is a checkpoint: a worker is killed, and another started");
            cluster.killWorker();
            cluster.addWorker();
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
