package dev.finetune.examples.bench;

import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.data.Example;
import dev.finetune.examples.PreprocessingChoice;
import dev.finetune.examples.bench.ImageTransfer.Run;
import dev.finetune.head.Prediction;
import dev.finetune.vision.Image;
import dev.finetune.vision.ImageFolder;
import dev.finetune.vision.image.Preprocessing;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Real weights on real pictures: our accuracy beside the peer's and beside that of random weights, in one table. */
@Command(
        name = "images",
        description = "Run the jobs of the real-data table in turn, ours and the peer's, and print the table.",
        mixinStandardHelpOptions = true,
        showDefaultValues = true)
public final class ImagesBenchCommand implements Callable<Integer> {
    /** What ImageNet calls a bee and an ant. */
    private static final Set<String> BEE_AND_ANT = Set.of("LABEL_309", "LABEL_310");

    @Option(
            names = "--data",
            required = true,
            description = "The folder of the data sets: cifar10-jpeg, fashion-mnist-png, hymenoptera.")
    private Path data = Path.of("");

    @Option(
            names = "--models",
            required = true,
            description = "The folder of the weights: cifar-resnets, squeezenet1_1, resnet18-imagenet-to-layer3.")
    private Path models = Path.of("");

    @Option(
            names = "--peer",
            description = "The peer's command, words split at spaces: python3 src/bench/images_trainer.py. Without it"
                    + " only our jobs are run.")
    private String peer = "";

    @Option(names = "--seeds", split = ",", description = "Seeds, one run of each job for each.")
    private List<Long> seeds = List.of(1L, 2L, 3L);

    @Option(names = "--only", description = "Run only the jobs whose name contains this, such as \"squeezenet\".")
    private String only = "";

    private final Map<String, List<Double>> random = new TreeMap<>();

    @Override
    public Integer call() throws IOException, InterruptedException {
        final JsonObject json = new JsonObject();
        json.addProperty("what", "bench_images");
        if ("squeezenet".contains(only) || only.contains("squeezenet")) {
            final double top5 = antsAndBeesInTop5();
            System.out.printf(Locale.ROOT, "SqueezeNet as it comes, ant or bee in the top 5: %.1f %%%n", 100 * top5);
            json.addProperty("squeezenet_top5_as_it_comes", top5);
        }
        final List<String> table = new ArrayList<>(List.of(
                "| weights | pictures | trained | epochs | lr | ours | PyTorch | difference | random weights |",
                "| --- | --- | --- | --- | --- | --- | --- | --- | --- |"));
        final JsonArray rows = new JsonArray();
        for (ImageTransfer transfer : ImageTransfer.ALL) {
            for (Run run : transfer.runs()) {
                if ((transfer.name() + " " + run.name()).contains(only)) {
                    final Row row = row(transfer, run);
                    table.add(row.markdown());
                    rows.add(row.json());
                    System.out.println(row.markdown());
                }
            }
        }
        System.out.println();
        table.forEach(System.out::println);
        json.add("rows", rows);
        System.out.println(new Gson().toJson(json));
        return 0;
    }

    private Row row(ImageTransfer transfer, Run run) throws IOException, InterruptedException {
        final List<Double> ours = new ArrayList<>();
        final List<Double> theirs = new ArrayList<>();
        for (long seed : seeds) {
            ours.add(accuracy(Job.ours("images"), transfer.ours(run, models, data, seed)));
            if (!peer.isEmpty()) {
                theirs.add(accuracy(List.of(peer.split(" ")), transfer.theirs(run, models, data, seed)));
            }
        }
        return new Row(transfer, run, ours, theirs, random(transfer));
    }

    /** Of the same network, all of it trained from random weights: once for each pair of weights and data. */
    private List<Double> random(ImageTransfer transfer) throws IOException, InterruptedException {
        if (!random.containsKey(transfer.name())) {
            final List<Double> accuracies = new ArrayList<>();
            for (long seed : seeds) {
                final List<String> options = new ArrayList<>(transfer.ours(transfer.scratch(), models, data, seed));
                options.add("--random-weights");
                accuracies.add(accuracy(Job.ours("images"), options));
            }
            random.put(transfer.name(), accuracies);
        }
        return random.getOrDefault(transfer.name(), List.of());
    }

    private static double accuracy(List<String> program, List<String> options)
            throws IOException, InterruptedException {
        final double accuracy = Job.accuracy(Job.run(program, options));
        System.out.printf(Locale.ROOT, "%.4f  %s%n", accuracy, String.join(" ", options));
        return accuracy;
    }

    /** What SqueezeNet says of the ants and the bees before any training. */
    private double antsAndBeesInTop5() {
        final Preprocessing caffe =
                PreprocessingChoice.SQUEEZENET_CAFFE.preprocessing().orElseThrow();
        final List<Example<Image>> pictures = new ArrayList<>();
        for (String part : List.of("train", "val")) {
            pictures.addAll(
                    ImageFolder.of(data.resolve("hymenoptera").resolve(part)).asList());
        }
        try (FineTuned<Image> squeezeNet = FineTuner.from(models.resolve(ImageTransfer.SQUEEZENET))
                .inputs(caffe)
                .untrained(Image.class)) {
            final List<Prediction> told =
                    squeezeNet.predict(pictures.stream().map(Example::input).toList());
            return IntStream.range(0, told.size())
                            .filter(i -> told.get(i) instanceof Prediction.Category category
                                    && category.top(5).stream().anyMatch(one -> BEE_AND_ANT.contains(one.getKey())))
                            .count()
                    / (double) told.size();
        }
    }

    private record Row(ImageTransfer transfer, Run run, List<Double> ours, List<Double> theirs, List<Double> random) {
        String markdown() {
            return String.format(
                    Locale.ROOT,
                    "| %s | %s | %s | %d | %s | %s | %s | %s | %s |",
                    transfer.weightsName(),
                    transfer.data(),
                    run.name(),
                    run.epochs(),
                    run.learningRate(),
                    percent(ours),
                    percent(theirs),
                    theirs.isEmpty() ? "" : String.format(Locale.ROOT, "%+.1f", 100 * (mean(ours) - mean(theirs))),
                    percent(random));
        }

        JsonObject json() {
            final JsonObject json = new JsonObject();
            json.addProperty("weights", transfer.weightsName());
            json.addProperty("data", transfer.data());
            json.addProperty("trained", run.name());
            json.add("ours", new Gson().toJsonTree(ours));
            json.add("peer", new Gson().toJsonTree(theirs));
            json.add("random", new Gson().toJsonTree(random));
            return json;
        }

        private static String percent(List<Double> accuracies) {
            return accuracies.isEmpty() ? "" : String.format(Locale.ROOT, "%.1f", 100 * mean(accuracies));
        }

        private static double mean(List<Double> values) {
            return values.stream().flatMapToDouble(DoubleStream::of).average().orElse(Double.NaN);
        }
    }
}
