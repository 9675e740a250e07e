package dev.finetune.spark;

import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.data.Text;
import dev.finetune.data.TextFiles;
import java.io.IOException;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.spark.api.java.function.MapFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * How fast a local session of as many threads as there are cores scores, beside the predictor in the same process; and how the heap
 * grows with the rows. Arguments: a table (TSV) whose first column is text, what to load (it gets an untrained head of two classes),
 * how many rows (those of the table again and again), how many rounds.
 */
public final class ScoringSpeed {
    private ScoringSpeed() {}

    /**
     * Prints rows a second of both, in turns, and the heap after collections of garbage while Spark scored.
     *
     * @param arguments table.tsv, model, rows, rounds
     */
    public static void main(String[] arguments) throws IOException {
        final List<String> table = TextFiles.tsv(Path.of(arguments[0])).classification().stream()
                .map(example -> example.input().text())
                .toList();
        final int rows = Integer.parseInt(arguments[2]);
        final int rounds = Integer.parseInt(arguments[3]);
        final Path folder = Files.createTempDirectory("finetune-scoring");
        final int cores = Runtime.getRuntime().availableProcessors();
        try (FineTuned<Text> made = FineTuner.from(arguments[1]).head("0", "1").untrained(Text.class)) {
            made.save(folder.resolve("model"));
        }
        try (SparkSession spark = Sessions.local(cores)) {
            final Dataset<Row> texts = texts(spark, table, rows);
            texts.write().parquet(folder.resolve("texts").toString());
            final Dataset<Row> stored =
                    spark.read().parquet(folder.resolve("texts").toString());
            final SparkModel<Text> model = SparkModel.load(folder.resolve("model"), TextColumns.of("text"));
            score(model, stored.limit(300), false);
            final double[] ratios = new double[rounds];
            for (int i = 0; i < rounds; i++) {
                final double alone = rounds == 1 ? Double.NaN : alone(model, table, rows);
                final double spread = timed(rows, () -> score(model, stored, rounds == 1));
                ratios[i] = spread / alone;
                System.out.printf(
                        "predictor %.1f rows/s, local[%d] %.1f rows/s: %.3f%n", alone, cores, spread, ratios[i]);
            }
            Arrays.sort(ratios);
            System.out.printf("median %.3f%n", ratios[rounds / 2]);
        } finally {
            Folder.delete(folder);
        }
    }

    private static Dataset<Row> texts(SparkSession spark, List<String> table, int rows) {
        final ArrayList<String> all = new ArrayList<>(table);
        return spark.range(0, rows, 1, 8)
                .map((MapFunction<Long, String>) i -> all.get((int) (i % all.size())), Encoders.STRING())
                .toDF("text");
    }

    private static double alone(SparkModel<Text> model, List<String> table, int rows) {
        final List<Text> texts = new ArrayList<>();
        for (int i = 0; i < rows; i++) {
            texts.add(Text.of(table.get(i % table.size())));
        }
        try (FineTuned<Text> one = model.open()) {
            one.predict(texts.subList(0, 500));
            return timed(rows, () -> one.predict(texts));
        }
    }

    private static double timed(int rows, Runnable work) {
        final long began = System.nanoTime();
        work.run();
        return rows / ((System.nanoTime() - began) / 1e9);
    }

    /** What is scored goes nowhere; the heap is told as it is after full collections. */
    private static void score(SparkModel<Text> model, Dataset<Row> rows, boolean telling) {
        final Thread watch = new Thread(ScoringSpeed::tellHeap);
        watch.setDaemon(true);
        if (telling) {
            watch.start();
        }
        model.transform(rows).write().format("noop").mode("overwrite").save();
        watch.interrupt();
    }

    private static void tellHeap() {
        try {
            while (true) {
                Thread.sleep(10_000);
                System.gc();
                long used = 0;
                for (MemoryPoolMXBean pool : ManagementFactory.getMemoryPoolMXBeans()) {
                    if (pool.getType() == MemoryType.HEAP && pool.getCollectionUsage() != null) {
                        used += pool.getCollectionUsage().getUsed();
                    }
                }
                final long collections = ManagementFactory.getGarbageCollectorMXBeans().stream()
                        .mapToLong(GarbageCollectorMXBean::getCollectionCount)
                        .sum();
                System.out.printf("  heap after %d collections: %d MB%n", collections, used >> 20);
            }
        } catch (InterruptedException e) {
            // The scoring is over.
        }
    }
}
