package dev.finetune.examples.bench;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.function.ToDoubleFunction;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * Runs the command {@code text} and a Python script with the same options in turn, a process each, and prints both and
 * the ratio of their times.
 */
@Command(
        name = "compare",
        description =
                "Run `text` and a peer with the same options in turn, seed by seed, and compare their last lines.",
        mixinStandardHelpOptions = true,
        showDefaultValues = true)
public final class CompareCommand implements Callable<Integer> {
    @Option(names = "--peer", required = true, description = "The peer's command, words split at spaces.")
    private String peer = "";

    @Option(names = "--seeds", split = ",", description = "Seeds, one pair of runs each.")
    private List<Long> seeds = List.of(1L, 2L, 3L);

    @Parameters(description = "Options for both, after --")
    private List<String> options = List.of();

    @Override
    public Integer call() throws IOException, InterruptedException {
        final List<JsonObject> ours = new ArrayList<>();
        final List<JsonObject> theirs = new ArrayList<>();
        for (long seed : seeds) {
            ours.add(run(Job.ours("text"), seed));
            theirs.add(run(List.of(peer.split(" ")), seed));
            print("seed " + seed + ", ours", ours.subList(ours.size() - 1, ours.size()));
            print("seed " + seed + ", peer", theirs.subList(theirs.size() - 1, theirs.size()));
        }
        print("mean, ours", ours);
        print("mean, peer", theirs);
        System.out.printf(
                Locale.ROOT,
                "{\"what\":\"compare\",\"accuracy_difference\":%.4f,\"total_ratio\":%.3f,\"train_ratio\":%.3f,\"rss_ratio\":%.3f}%n",
                mean(ours, Job::accuracy) - mean(theirs, Job::accuracy),
                mean(theirs, row -> number(row, "total_s")) / mean(ours, row -> number(row, "total_s")),
                mean(theirs, row -> number(row, "train_s")) / mean(ours, row -> number(row, "train_s")),
                mean(ours, row -> number(row, "peak_rss_mb")) / mean(theirs, row -> number(row, "peak_rss_mb")));
        return 0;
    }

    private JsonObject run(List<String> program, long seed) throws IOException, InterruptedException {
        final List<String> all = new ArrayList<>(options);
        all.addAll(List.of("--seed", Long.toString(seed)));
        return Job.run(program, all);
    }

    private static void print(String name, List<JsonObject> rows) {
        System.out.printf(
                Locale.ROOT,
                "%-16s accuracy %.4f  samples/s %7.1f  train %6.1f s  total %6.1f s  peak %5.0f MB%n",
                name,
                mean(rows, Job::accuracy),
                mean(rows, row -> number(row, "samples_per_s")),
                mean(rows, row -> number(row, "train_s")),
                mean(rows, row -> number(row, "total_s")),
                mean(rows, row -> number(row, "peak_rss_mb")));
    }

    private static double number(JsonObject row, String key) {
        return row.get(key).getAsDouble();
    }

    private static double mean(List<JsonObject> rows, ToDoubleFunction<JsonObject> value) {
        return rows.stream().mapToDouble(value).average().orElse(Double.NaN);
    }
}
