package dev.finetune.spark;

import dev.finetune.FineTuner;
import dev.finetune.freeze.Freeze;
import dev.finetune.testkit.TinyModels;
import dev.finetune.train.StepReport;
import dev.finetune.train.TrainingListener;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * How heaps and resident memory of executors and driver go while a model is trained on rows that Spark generates, many more than would
 * fit: on a standalone cluster of two executors that it starts on this machine. One epoch of a head on a tiny BERT, at most 8 tokens, in
 * steps of 2,048 rows. A main: {@code ManyRows [rows] [heap of an executor] [streamed or memory]}.
 */
public final class ManyRows {
    private static final int EVERY_SECONDS = 10;

    private final Path folder = Files.createTempDirectory("finetune-rows");
    private final Path place = folder.resolve("place");
    private final long began = System.nanoTime();

    private ManyRows() throws IOException {}

    /** Prints the heap after a full collection, and what is resident, of each process every ten seconds. */
    public static void main(String[] arguments) throws IOException, InterruptedException {
        final long rows = arguments.length > 0 ? Long.parseLong(arguments[0]) : 10_000_000;
        final String heap = arguments.length > 1 ? arguments[1] : "512m";
        final boolean streamed = arguments.length < 3 || arguments[2].equals("streamed");
        final ManyRows all = new ManyRows();
        try {
            all.run(rows, heap, streamed);
        } finally {
            Folder.delete(all.folder);
        }
    }

    private void run(long count, String heap, boolean streamed) throws IOException, InterruptedException {
        final String from = TinyModels.bert(folder.resolve("bert")).toString();
        final String told = place.toString();
        try (StandaloneCluster cluster = StandaloneCluster.start(folder, 1, 2);
                SparkSession spark = cluster.session(Map.of())
                        .config("spark.executor.memory", heap)
                        .config("spark.scheduler.minRegisteredResourcesRatio", "1.0")
                        .config("spark.executor.extraJavaOptions", "-XX:+UseSerialGC")
                        .getOrCreate()) {
            final Dataset<Row> rows = spark.range(0, count, 1, 16)
                    .selectExpr(
                            "concat('the ', element_at(array('lamp', 'phone', 'chair', 'book'), int(id % 4) + 1), ' is ',"
                                    + " if(id % 2 = 0, 'great', 'awful'), ' ', id) as review",
                            "if(id % 2 = 0, 'positive', 'negative') as mood");
            final SparkFineTuner inMemory = SparkFineTuner.of(() -> FineTuner.from(Path.of(from))
                            .head("negative", "positive")
                            .freeze(Freeze.allButHead())
                            .lr(1e-2)
                            .epochs(1)
                            .batchSize(1024)
                            .maxLength(8)
                            .listener(new Tells(Path.of(told))))
                    .workers(2);
            final Thread watch = new Thread(() -> watch(cluster));
            watch.setDaemon(true);
            watch.start();
            final SparkModel<?> model =
                    (streamed ? inMemory.streamed() : inMemory).fitAll(rows, TextColumns.of("review", "mood"));
            watch.interrupt();
            watch.join();
            System.out.printf("%,d rows in %.0f s%n", count, seconds());
            final long right = model.transform(rows.limit(1000))
                    .filter("prediction = mood")
                    .count();
            System.out.printf("of the first 1,000 rows %d are predicted as they are labelled%n", right);
        }
    }

    private double seconds() {
        return (System.nanoTime() - began) / 1e9;
    }

    private void watch(StandaloneCluster cluster) {
        try {
            while (true) {
                Thread.sleep(EVERY_SECONDS * 1000L);
                final List<String> told = new ArrayList<>();
                told.add("driver " + memory(ProcessHandle.current().pid()));
                for (ProcessHandle executor : cluster.executors()) {
                    told.add("executor " + memory(executor.pid()));
                }
                System.out.printf(
                        "%4.0f s, %s: %s%n",
                        seconds(),
                        Files.exists(place) ? Files.readString(place) : "before the first step",
                        String.join("; ", told));
            }
        } catch (InterruptedException e) {
            // It is over.
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String memory(long pid) throws IOException, InterruptedException {
        jcmd(pid, "GC.run");
        final long heap = Pattern.compile("total \\d+K, used (\\d+)K")
                .matcher(jcmd(pid, "GC.heap_info"))
                .results()
                .mapToLong((MatchResult found) -> Long.parseLong(found.group(1)))
                .sum();
        final Path status = Path.of("/proc", String.valueOf(pid), "status");
        final long resident = !Files.exists(status)
                ? 0
                : Files.readAllLines(status).stream()
                        .filter(line -> line.startsWith("VmRSS:"))
                        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                        .sum();
        return String.format("%d MB heap, %d MB resident", heap >> 10, resident >> 10);
    }

    private static String jcmd(long pid, String command) throws IOException, InterruptedException {
        final Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                        String.valueOf(pid),
                        command)
                .redirectErrorStream(true)
                .start();
        final String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor();
        return said;
    }

    /** Writes to a file how far the training is. */
    private record Tells(Path place) implements TrainingListener {
        @Override
        public void stepped(StepReport report) {
            try {
                Files.writeString(place, "step " + report.step());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
