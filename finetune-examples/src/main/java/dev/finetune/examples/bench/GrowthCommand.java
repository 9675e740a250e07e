package dev.finetune.examples.bench;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** How the time and the memory of a training step grow with its shape, and how those of streaming do with the rows. */
@Command(
        name = "growth",
        description = "Tabulate and plot how step time and memory grow; writes growth.csv and growth.png.",
        mixinStandardHelpOptions = true,
        showDefaultValues = true)
public final class GrowthCommand implements Callable<Integer> {
    @Option(names = "--out", required = true, description = "The folder of the files; made if need be.")
    private Path out = Path.of("");

    @Option(names = "--hidden", description = "Width; heads are 64 wide.")
    private int hidden = 128;

    @Option(names = "--seq", split = ",", description = "Lengths, at batch 8 and 4 layers.")
    private List<Integer> lengths = List.of(32, 64, 128, 256, 512);

    @Option(names = "--batch", split = ",", description = "Batches, at length 128 and 4 layers.")
    private List<Integer> batches = List.of(1, 2, 4, 8, 16, 32, 64);

    @Option(names = "--layers", split = ",", description = "Layers, at length 128 and batch 8.")
    private List<Integer> layers = List.of(2, 4, 8, 12, 16, 24);

    @Option(names = "--rows", split = ",", description = "Generated rows of a streamed data set.")
    private List<Long> rows = List.of(1_000L, 10_000L, 100_000L, 1_000_000L);

    @Option(names = "--steps", description = "Steps of each shape that count.")
    private int steps = 8;

    @Override
    public Integer call() throws IOException, InterruptedException {
        final List<GrowthPoint> bySeq = new ArrayList<>();
        for (int length : lengths) {
            bySeq.add(step("seq", length, 8, length, 4));
        }
        final List<GrowthPoint> byBatch = new ArrayList<>();
        for (int batch : batches) {
            byBatch.add(step("batch", batch, batch, 128, 4));
        }
        final List<GrowthPoint> byLayers = new ArrayList<>();
        for (int depth : layers) {
            byLayers.add(step("layers", depth, 8, 128, depth));
        }
        final List<StreamPoint> streams = new ArrayList<>();
        for (long count : rows) {
            streams.add(stream(count));
        }
        final List<List<GrowthPoint>> axes = List.of(bySeq, byBatch, byLayers);
        axes.forEach(points -> print(GrowthPoint.table(points)));
        print(StreamPoint.table(streams));
        Files.createDirectories(out);
        GrowthFiles.csv(out.resolve("growth.csv"), axes, streams);
        GrowthFiles.png(out.resolve("growth.png"), axes, streams);
        final JsonObject json = new JsonObject();
        json.addProperty("what", "growth");
        json.addProperty("csv", out.resolve("growth.csv").toString());
        json.addProperty("png", out.resolve("growth.png").toString());
        json.add("steps", new Gson().toJsonTree(axes));
        json.add("streams", new Gson().toJsonTree(streams));
        System.out.println(new Gson().toJson(json));
        return 0;
    }

    private static void print(List<String> lines) {
        lines.forEach(System.out::println);
        System.out.println();
    }

    private GrowthPoint step(String axis, int value, int batch, int length, int depth)
            throws IOException, InterruptedException {
        final JsonObject json = Job.run(
                Job.ours("bench"),
                List.of(
                        "bert-step",
                        "--hidden",
                        Integer.toString(hidden),
                        "--heads",
                        Integer.toString(Math.max(1, hidden / 64)),
                        "--layers",
                        Integer.toString(depth),
                        "--batch",
                        Integer.toString(batch),
                        "--seq",
                        Integer.toString(length),
                        "--steps",
                        Integer.toString(steps)));
        return new GrowthPoint(
                axis,
                value,
                GrowthPoint.gigaflop(batch, length, depth, hidden),
                json.get("ms_per_step").getAsDouble(),
                json.get("peak_rss_mb").getAsDouble());
    }

    private static StreamPoint stream(long rows) throws IOException, InterruptedException {
        final JsonObject json = Job.run(Job.ours("bench"), List.of("stream-rows", "--rows", Long.toString(rows)));
        return new StreamPoint(
                rows,
                json.get("first_step_s").getAsDouble(),
                json.get("heap_mb").getAsDouble(),
                json.get("peak_rss_mb").getAsDouble());
    }
}
