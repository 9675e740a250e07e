package dev.finetune.examples.bench;

import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import dev.finetune.examples.ShippedFiles;
import dev.finetune.examples.TemporaryFolder;
import dev.finetune.examples.drawing.GardenPictures;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** How near to the truth comes what {@code --describe} says of time and memory: each job is described, and then done. */
@Command(
        name = "forecast",
        description = "Describe ten jobs, do them, and compare time and memory; each in a process of its own.",
        mixinStandardHelpOptions = true,
        showDefaultValues = true)
public final class ForecastCommand implements Callable<Integer> {
    private static final long SEED = 42;
    private static final int PICTURES = 100;

    @Option(names = "--only", description = "Only jobs whose names hold this.")
    private String only = "";

    private Path train = Path.of("");
    private Path evaluation = Path.of("");
    private Path encoder = Path.of("");
    private Path resnet = Path.of("");
    private Path pictures = Path.of("");

    /**
     * A job.
     *
     * @param name what it does
     * @param command of the examples
     * @param options of it
     */
    private record Tried(String name, String command, List<String> options) {}

    @Override
    public Integer call() throws IOException, InterruptedException {
        final Path folder = TemporaryFolder.create("finetune-forecast");
        train = ShippedFiles.reviews(folder, "train.tsv");
        evaluation = ShippedFiles.reviews(folder, "validation.tsv");
        encoder = ShippedFiles.encoder(folder);
        resnet = ShippedFiles.resnet(folder);
        pictures = folder.resolve("garden");
        GardenPictures.write(pictures, SEED, PICTURES);
        final JsonArray all = new JsonArray();
        System.out.println("| job | told | took | ratio | memory, told | memory, took | ratio |");
        System.out.println("| --- | --- | --- | --- | --- | --- | --- |");
        for (Tried job :
                jobs().stream().filter(each -> each.name().contains(only)).toList()) {
            all.add(compare(job));
        }
        final JsonObject json = new JsonObject();
        json.addProperty("what", "forecast");
        json.add("jobs", all);
        System.out.println(new Gson().toJson(json));
        return 0;
    }

    private static JsonObject compare(Tried job) throws IOException, InterruptedException {
        final JsonObject told = Job.run(
                Job.ours(job.command()),
                Stream.concat(job.options().stream(), Stream.of("--describe")).toList());
        final JsonObject took = Job.run(Job.ours(job.command()), job.options());
        final double seconds = told.get("train_s").getAsDouble();
        final double really = took.get("train_s").getAsDouble();
        final double memory =
                told.has("peak_rss_mb") ? told.get("peak_rss_mb").getAsDouble() : Double.NaN; // Linux tells.
        final double reallyTaken = took.get("peak_rss_mb").getAsDouble();
        System.out.printf(
                Locale.ROOT,
                "| %s | %.1f s | %.1f s | %.2f | %.0f MB | %.0f MB | %.2f |%n",
                job.name(),
                seconds,
                really,
                seconds / really,
                memory,
                reallyTaken,
                memory / reallyTaken);
        final JsonObject json = new JsonObject();
        json.addProperty("job", job.name());
        json.addProperty("told_s", seconds);
        json.addProperty("took_s", really);
        if (!Double.isNaN(memory)) {
            json.addProperty("told_mb", memory);
            json.addProperty("took_mb", reallyTaken);
        }
        return json;
    }

    private List<Tried> jobs() {
        return List.of(
                texts("small encoder, all of it", encoder.toString(), "--epochs", "6"),
                texts("small encoder, batches of 4", encoder.toString(), "--epochs", "2", "--batch", "4"),
                texts("small encoder, two layers frozen", encoder.toString(), "--epochs", "12", "--freeze", "2"),
                texts(
                        "small encoder, unfreezing, evaluated every 20 steps",
                        encoder.toString(),
                        "--epochs",
                        "6",
                        "--gradual-unfreezing",
                        "1",
                        "--eval-every",
                        "20"),
                texts("all-MiniLM, all of it", "all-minilm-l6-v2", "--epochs", "2", "--keep-best"),
                texts("all-MiniLM, four layers frozen", "all-minilm-l6-v2", "--epochs", "6", "--freeze", "4"),
                texts("all-MiniLM, the head only", "all-minilm-l6-v2", "--epochs", "10", "--head-only", "--lr", "1e-3"),
                texts(
                        "all-MiniLM, LoRA, accumulated",
                        "all-minilm-l6-v2",
                        "--epochs",
                        "2",
                        "--lora",
                        "8",
                        "--accumulate",
                        "4"),
                images("ResNet, augmented pictures", "--epochs", "8", "--augment", "random-resized-crop:64:0.6:1,flip"),
                images("ResNet, the head only", "--epochs", "30", "--head-only"));
    }

    private Tried texts(String name, String model, String... more) {
        return new Tried(
                name,
                "text",
                Stream.concat(
                                Stream.of(
                                        "--model", model, "--train", train.toString(), "--eval", evaluation.toString()),
                                Stream.of(more))
                        .toList());
    }

    private Tried images(String name, String... more) {
        return new Tried(
                name,
                "images",
                Stream.concat(Stream.of("--model", resnet.toString(), "--train", pictures.toString()), Stream.of(more))
                        .toList());
    }
}
