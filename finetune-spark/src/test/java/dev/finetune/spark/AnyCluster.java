package dev.finetune.spark;

import dev.finetune.FineTuner;
import dev.finetune.testkit.TinyData;
import dev.finetune.testkit.TinyModels;
import dev.finetune.train.Checkpoints;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.stream.IntStream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * Trains with two workers on a cluster that runs already, and says which weights came out: the same after whatever happened to a machine
 * meanwhile. A main: {@code AnyCluster MASTER DRIVER_HOST FOLDER [epochs] [times]}; all machines see the folder.
 */
public final class AnyCluster {
    private static final int ROWS = 300;
    private static final int ATTEMPTS = 6;

    private AnyCluster() {}

    /** Prints a line for each training. */
    public static void main(String[] arguments) throws IOException, NoSuchAlgorithmException {
        final Path folder = Path.of(arguments[2]).toAbsolutePath();
        final int epochs = arguments.length > 3 ? Integer.parseInt(arguments[3]) : 6;
        final int times = arguments.length > 4 ? Integer.parseInt(arguments[4]) : 1;
        final SparkSession.Builder builder = Sessions.builder(arguments[0])
                .config("spark.driver.host", arguments[1])
                .config("spark.driver.bindAddress", arguments[1])
                .config("spark.executor.cores", "1")
                .config("spark.executor.memory", "1g")
                .config("spark.executor.extraClassPath", System.getProperty("java.class.path"))
                .config("spark.executor.extraJavaOptions", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")
                .config("spark.scheduler.minRegisteredResourcesRatio", "1.0")
                .config("spark.scheduler.barrier.maxConcurrentTasksCheck.interval", "1s")
                .config("spark.scheduler.barrier.maxConcurrentTasksCheck.maxFailures", "180");
        System.getProperties().stringPropertyNames().stream()
                .filter(name -> name.startsWith("spark."))
                .forEach(name -> builder.config(name, System.getProperty(name)));
        final String bert = TinyModels.bert(folder.resolve("bert")).toString();
        try (SparkSession spark = builder.getOrCreate()) {
            final Dataset<Row> rows = spark.createDataFrame(
                    IntStream.range(0, ROWS)
                            .mapToObj(i -> RowFactory.create(TinyData.review(i), SavedModels.label(i)))
                            .toList(),
                    new StructType().add("review", DataTypes.StringType).add("mood", DataTypes.StringType));
            for (int time = 1; time <= times; time++) {
                final long began = System.nanoTime();
                final Path model = folder.resolve("model-" + time);
                final String checkpoints = folder.resolve("checkpoints-" + time).toString();
                SparkFineTuner.of(() -> FineTuner.from(Path.of(bert))
                                .head("negative", "positive")
                                .lr(1e-3)
                                .epochs(epochs)
                                .batchSize(4)
                                .checkpoints(Checkpoints.in(Path.of(checkpoints))
                                        .everySteps(20)
                                        .resume()))
                        .workers(2)
                        .attempts(ATTEMPTS)
                        .savedTo(model)
                        .fitAll(rows, TextColumns.of("review", "mood"));
                System.out.printf(
                        "trained %d: %s after %.1f s%n", time, digest(model), (System.nanoTime() - began) / 1e9);
            }
        }
    }

    private static String digest(Path model) throws IOException, NoSuchAlgorithmException {
        final byte[] weights = Files.readAllBytes(model.resolve("model.safetensors"));
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(weights));
    }
}
