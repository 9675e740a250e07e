package dev.finetune.examples.bench;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.finetune.FinetuneException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
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
            ours.add(run(ours(), seed));
            theirs.add(run(List.of(peer.split(" ")), seed));
            print("seed " + seed + ", ours", ours.subList(ours.size() - 1, ours.size()));
            print("seed " + seed + ", peer", theirs.subList(theirs.size() - 1, theirs.size()));
        }
        print("mean, ours", ours);
        print("mean, peer", theirs);
        System.out.printf(
                Locale.ROOT,
                "{\"what\":\"compare\",\"accuracy_difference\":%.4f,\"total_ratio\":%.3f,\"train_ratio\":%.3f,\"rss_ratio\":%.3f}%n",
                mean(ours, CompareCommand::accuracy) - mean(theirs, CompareCommand::accuracy),
                mean(theirs, row -> number(row, "total_s")) / mean(ours, row -> number(row, "total_s")),
                mean(theirs, row -> number(row, "train_s")) / mean(ours, row -> number(row, "train_s")),
                mean(ours, row -> number(row, "peak_rss_mb")) / mean(theirs, row -> number(row, "peak_rss_mb")));
        return 0;
    }

    private static List<String> ours() {
        final Path java = Path.of(System.getProperty("java.home"), "bin", "java");
        return List.of(
                java.toString(), "-cp", System.getProperty("java.class.path"), "dev.finetune.examples.Main", "text");
    }

    private JsonObject run(List<String> program, long seed) throws IOException, InterruptedException {
        final List<String> command = new ArrayList<>(program);
        command.addAll(options);
        command.addAll(List.of("--seed", Long.toString(seed)));
        final Path out = Files.createTempFile("finetune-compare", ".log");
        final Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(out.toFile())
                .start();
        final int exit = process.waitFor();
        final List<String> lines = Files.readAllLines(out, StandardCharsets.UTF_8);
        if (exit != 0 || lines.isEmpty()) {
            throw new FinetuneException(command + " ended with " + exit + ":\n" + String.join("\n", lines));
        }
        return JsonParser.parseString(lines.get(lines.size() - 1)).getAsJsonObject();
    }

    private static void print(String name, List<JsonObject> rows) {
        System.out.printf(
                Locale.ROOT,
                "%-16s accuracy %.4f  samples/s %7.1f  train %6.1f s  total %6.1f s  peak %5.0f MB%n",
                name,
                mean(rows, CompareCommand::accuracy),
                mean(rows, row -> number(row, "samples_per_s")),
                mean(rows, row -> number(row, "train_s")),
                mean(rows, row -> number(row, "total_s")),
                mean(rows, row -> number(row, "peak_rss_mb")));
    }

    private static double accuracy(JsonObject row) {
        final JsonArray perEpoch = row.getAsJsonArray("accuracy_per_epoch");
        return perEpoch.get(perEpoch.size() - 1).getAsDouble();
    }

    private static double number(JsonObject row, String key) {
        return row.get(key).getAsDouble();
    }

    private static double mean(List<JsonObject> rows, ToDoubleFunction<JsonObject> value) {
        return rows.stream().mapToDouble(value).average().orElse(Double.NaN);
    }
}
