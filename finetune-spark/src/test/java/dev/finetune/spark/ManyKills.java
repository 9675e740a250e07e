package dev.finetune.spark;

import dev.finetune.FineTuner;
import dev.finetune.error.FinetuneException;
import dev.finetune.testkit.TinyData;
import dev.finetune.testkit.TinyModels;
import dev.finetune.train.Checkpoints;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * Kills executors of a standalone cluster at random moments of a training, again and again, and looks whether each training comes to the
 * weights of one that nothing happened to. In every second round rows are streamed; in every fourth, by chance, an executor is killed
 * twice. A main: {@code ManyKills [times] [seed]}.
 */
public final class ManyKills {
    private static final int ROWS = 300;
    private static final int ATTEMPTS = 4;
    private static final int PATIENCE_SECONDS = 180;
    private static final TextColumns COLUMNS = TextColumns.of("review", "mood");

    private final Path folder = Files.createTempDirectory("finetune-kills");
    private final String bert = TinyModels.bert(folder.resolve("bert")).toString();
    private final Random random;
    private final StandaloneCluster cluster;
    private final SparkSession spark;
    private final Dataset<Row> rows;
    private final ScheduledThreadPoolExecutor later = new ScheduledThreadPoolExecutor(1);
    private final Map<Boolean, Path> expected = new HashMap<>();
    private final Map<String, Integer> outcomes = new TreeMap<>();
    private int kills;

    private ManyKills(long seed) throws IOException, InterruptedException {
        random = new Random(seed);
        cluster = StandaloneCluster.start(folder, 1, 2);
        spark = cluster.session(Map.of(
                        "FINETUNE_NATIVE_CACHE", folder.resolve("natives").toString()))
                .config("spark.scheduler.minRegisteredResourcesRatio", "1.0")
                .config("spark.scheduler.barrier.maxConcurrentTasksCheck.interval", "1s")
                .config("spark.scheduler.barrier.maxConcurrentTasksCheck.maxFailures", "60")
                .config("spark.executor.extraJavaOptions", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")
                .getOrCreate();
        rows = spark.createDataFrame(
                IntStream.range(0, ROWS)
                        .mapToObj(i -> RowFactory.create(TinyData.review(i), SavedModels.label(i)))
                        .toList(),
                new StructType().add("review", DataTypes.StringType).add("mood", DataTypes.StringType));
    }

    /** Prints a line a round; ends with 1 where a training came to other weights, or to no end. */
    public static void main(String[] arguments) throws IOException, InterruptedException {
        final int times = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 50;
        final ManyKills all = new ManyKills(arguments.length > 1 ? Long.parseLong(arguments[1]) : 1);
        boolean good;
        try {
            good = all.rounds(times);
        } finally {
            all.end();
        }
        System.exit(good ? 0 : 1);
    }

    private boolean rounds(int times) throws IOException {
        final double[] alone = new double[2];
        for (int i = 0; i < 4; i++) { // The first two start executors.
            final boolean streamed = i % 2 == 1;
            final Path model = folder.resolve("undisturbed-" + i);
            final long began = System.nanoTime();
            fit(model, folder.resolve("checkpoints-undisturbed-" + i), streamed);
            alone[i % 2] = (System.nanoTime() - began) / 1e9;
            expected.put(streamed, model);
        }
        System.out.printf("undisturbed: %.1f s, streamed %.1f s%n", alone[0], alone[1]);
        double slowest = 0;
        for (int round = 1; round <= times; round++) {
            slowest = Math.max(slowest, round(round, alone[round % 2], round % 2 == 1));
        }
        System.out.printf("%d rounds, %d kills: %s; the slowest took %.1f s%n", times, kills, outcomes, slowest);
        return outcomes.keySet().stream().noneMatch(each -> each.startsWith("OTHER") || each.startsWith("NO"));
    }

    private double round(int round, double seconds, boolean streamed) throws IOException {
        final List<String> killed = new ArrayList<>();
        final List<ScheduledFuture<?>> planned = new ArrayList<>();
        final long began = System.nanoTime();
        final double first = random.nextDouble() * seconds;
        planned.add(kill(first, began, killed));
        if (random.nextInt(4) == 0) {
            planned.add(kill(first + random.nextDouble() * 3 * seconds, began, killed));
        }
        final ScheduledFuture<?> patience =
                later.schedule(() -> spark.sparkContext().cancelAllJobs(), PATIENCE_SECONDS, TimeUnit.SECONDS);
        final Path model = folder.resolve("model-" + round);
        String outcome;
        String more = "";
        try {
            fit(model, folder.resolve("checkpoints-" + round), streamed);
            outcome = Files.mismatch(weights(model), weights(expected.get(streamed))) < 0 ? "same bits" : "OTHER BITS";
        } catch (FinetuneException e) {
            outcome = patience.isDone() ? "NO END" : "told";
            more = ": " + e.getMessage();
        }
        patience.cancel(false);
        planned.forEach(each -> each.cancel(false));
        final double took = (System.nanoTime() - began) / 1e9;
        synchronized (killed) {
            kills += killed.size();
            outcomes.merge(outcome, 1, Integer::sum);
            System.out.printf(
                    "%d: %s%s, %.1f s, %s%s%n", round, killed, streamed ? ", streamed" : "", took, outcome, more);
        }
        return took;
    }

    /** One of the executors that there are then. */
    private ScheduledFuture<?> kill(double seconds, long began, List<String> killed) {
        final int which = random.nextInt(2);
        return later.schedule(
                () -> {
                    final List<ProcessHandle> executors = cluster.executors();
                    if (which < executors.size() && executors.get(which).destroyForcibly()) {
                        synchronized (killed) {
                            killed.add(String.format(
                                    "executor %d killed at %.1f s", which, (System.nanoTime() - began) / 1e9));
                        }
                    }
                },
                Math.round(seconds * 1000),
                TimeUnit.MILLISECONDS);
    }

    private void fit(Path model, Path checkpoints, boolean streamed) {
        final String from = bert;
        final String directory = checkpoints.toString();
        final SparkFineTuner tuner = SparkFineTuner.of(() -> FineTuner.from(Path.of(from))
                        .head("negative", "positive")
                        .lr(1e-3)
                        .epochs(6)
                        .batchSize(4)
                        .checkpoints(Checkpoints.in(Path.of(directory))
                                .everySteps(20)
                                .resume()))
                .workers(2)
                .attempts(ATTEMPTS)
                .savedTo(model);
        (streamed ? tuner.streamed() : tuner).fitAll(rows, COLUMNS);
    }

    private static Path weights(Path model) {
        return model.resolve("model.safetensors");
    }

    private void end() {
        later.shutdownNow();
        spark.stop();
        cluster.close();
        Folder.delete(folder);
    }
}
