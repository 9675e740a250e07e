package dev.finetune.examples.pretrain;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonObject;
import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.checkpoint.Overwrite;
import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.data.LabelSet;
import dev.finetune.examples.Output;
import dev.finetune.examples.StopSignals;
import dev.finetune.examples.TemporaryFolder;
import dev.finetune.examples.WrongUsage;
import dev.finetune.examples.drawing.Drawing;
import dev.finetune.examples.drawing.PretextPictures;
import dev.finetune.head.Heads;
import dev.finetune.report.ConsoleProgress;
import dev.finetune.train.Schedule;
import dev.finetune.vision.Image;
import dev.finetune.vision.image.Crop;
import dev.finetune.vision.image.Preprocessing;
import dev.finetune.vision.image.Resize;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Pretrains a small ResNet from nothing: it learns to tell apart the kinds of pictures that {@link PretextPictures}
 * draws, each of them seen once. The ResNet that the examples ship was made by this command; its options are in the
 * model card beside it.
 */
@Command(
        name = "pretrain-images",
        description = "Pretrain a small ResNet on pictures that are drawn on the way.",
        mixinStandardHelpOptions = true,
        showDefaultValues = true)
public final class PretrainImagesCommand implements Callable<Integer> {
    /** How many pictures are drawn at once, on all cores. */
    private static final int CHUNK = 256;

    @Option(names = "--out", required = true, description = "Where to save the network.")
    private Path out = Path.of("resnet");

    @Option(names = "--widths", split = ",", description = "Channels of each stage.")
    private List<Integer> widths = List.of(32, 64, 128);

    @Option(names = "--depths", split = ",", description = "Basic blocks of each stage.")
    private List<Integer> depths = List.of(2, 2, 2);

    @Option(names = "--size", description = "Height and width of what the network sees.")
    private int size = 64;

    @Option(names = "--batch", description = "Pictures a batch.")
    private int batch = 64;

    @Option(names = "--lr", description = "Peak learning rate.")
    private double learningRate = 2e-3;

    @Option(names = "--weight-decay", description = "Decoupled weight decay, none on biases and norms.")
    private double weightDecay = 0.01;

    @Option(names = "--steps", description = "Optimizer steps.")
    private long steps = 4000;

    @Option(names = "--minutes", description = "Stop after so many minutes, 0 for no limit.")
    private long minutes;

    @Option(names = "--validation", description = "Pictures held back.")
    private int validation = 1000;

    @Option(names = "--seed", description = "Seed of everything random but the pictures.")
    private long seed = 42;

    @Override
    public Integer call() throws Exception {
        return StopSignals.during(this::run);
    }

    private boolean run() throws IOException {
        Output.checkModel("--out", out, Overwrite.OURS);
        final Path plan = TemporaryFolder.create("finetune-pretrain");
        final Dataset<Image> held =
                Dataset.of(Image.class, drawn(0, validation).toList()).describedAs(validation + " drawn pictures");
        final Dataset<Image> training = Dataset.streamed(
                        Image.class,
                        () -> LongStream.iterate(validation, from -> from + CHUNK)
                                .boxed()
                                .flatMap(from -> drawn(from, from + CHUNK)))
                .describedAs("pictures drawn on the way");
        writeConfiguration(plan);
        final FineTuner endless = WrongUsage.unless(() -> FineTuner.from(plan)
                .initialization(i -> i.randomWeights(true))
                .head(Heads.classes(LabelSet.discover(held).names().toArray(new String[0])))
                .batchSize(batch)
                .evaluation(e -> e.batchSize(128))
                .lr(learningRate)
                .schedule(Schedule.cosine().withWarmupRatio(0.05))
                .weightDecay(weightDecay)
                .maxSteps(steps)
                .evaluation(e -> e.everySteps(500))
                .seed(seed)
                .listener(ConsoleProgress.create()));
        final FineTuner tuner = minutes > 0 ? endless.maxTime(Duration.ofMinutes(minutes)) : endless;
        try (FineTuned<Image> network = tuner.fit(training, held)) {
            network.save(out);
            Output.saved(
                    out,
                    network,
                    metrics -> String.format(
                            Locale.ROOT,
                            "%.1f %% of the pictures held back are told apart",
                            100 * metrics.get("accuracy")));
        }
        return true;
    }

    /** The pictures with these numbers, drawn on all cores. */
    private static Stream<Example<Image>> drawn(long from, long to) {
        return LongStream.range(from, to)
                .parallel()
                .mapToObj(index -> {
                    final Drawing drawing = PretextPictures.picture(index);
                    return new Example<>(Image.of(drawing.image()), Label.of(drawing.label()));
                })
                .toList()
                .stream();
    }

    private void writeConfiguration(Path plan) throws IOException {
        final JsonObject config = new JsonObject();
        config.addProperty("model_type", "resnet");
        config.addProperty("num_channels", 3);
        config.addProperty("embedding_size", widths.get(0));
        config.add("hidden_sizes", new GsonBuilder().create().toJsonTree(widths));
        config.add("depths", new GsonBuilder().create().toJsonTree(depths));
        config.addProperty("layer_type", "basic");
        config.addProperty("hidden_act", "relu");
        config.addProperty("downsample_in_first_stage", false);
        write(plan.resolve("config.json"), config);
        write(
                plan.resolve("preprocessor_config.json"),
                Preprocessing.IMAGENET
                        .withResize(new Resize.Exact(size, size))
                        .withCrop(new Crop.None())
                        .toJson());
    }

    private static void write(Path file, JsonObject json) throws IOException {
        Files.writeString(file, new GsonBuilder().setPrettyPrinting().create().toJson(json) + "\n");
    }
}
