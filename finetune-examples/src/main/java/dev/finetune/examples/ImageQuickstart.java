package dev.finetune.examples;

import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.checkpoint.Overwrite;
import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.data.LabelSet;
import dev.finetune.data.Split;
import dev.finetune.examples.drawing.GardenPictures;
import dev.finetune.head.Prediction;
import dev.finetune.report.ConsoleProgress;
import dev.finetune.vision.Augment;
import dev.finetune.vision.Image;
import dev.finetune.vision.ImageFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The main job on pictures in a minute: a small pretrained ResNet that ships with the examples, and drawn pictures. */
@Command(
        name = "image-quickstart",
        description = "Fine-tune a small pretrained ResNet on drawn pictures, and compare with random weights.",
        mixinStandardHelpOptions = true,
        showDefaultValues = true)
public final class ImageQuickstart implements Callable<Integer> {
    private static final int SIZE = 64;

    @Option(names = "--out", description = "Where to save the fine-tuned model.")
    private Path out = Path.of("image-quickstart-model");

    @Option(names = "--model", description = "Another model to start from; the ResNet that ships by default.")
    private @Nullable Path model;

    @Option(names = "--epochs", description = "Passes over the pictures.")
    private double epochs = 12;

    @Option(names = "--pictures", description = "Pictures of each class.")
    private int pictures = 40;

    @Option(names = "--seed", description = "Seed of everything random.")
    private long seed = 42;

    @Override
    public Integer call() throws IOException {
        Bounds.atLeast("--pictures", pictures, 4);
        Output.checkModel("--out", out, Overwrite.OURS);
        final Path folder = TemporaryFolder.create("finetune-image-quickstart");
        GardenPictures.write(folder.resolve("garden"), seed, pictures);
        final Split<Image> split = ImageFolder.of(folder.resolve("garden")).split(0.3, seed);
        final Dataset<Image> train = split.train();
        final Dataset<Image> validation = split.validation();
        final Path network = model == null ? ShippedFiles.resnet(folder) : model;
        final FineTuner tuner = WrongUsage.unless(() -> FineTuner.from(network)
                .head(LabelSet.discover(train).names().toArray(new String[0]))
                .lr(1e-3)
                .batchSize(16)
                .epochs(epochs)
                .warmupRatio(0.1)
                .augment(Augment.randomResizedCrop(SIZE, 0.6, 1), Augment.horizontalFlip())
                .seed(seed)
                .listener(ConsoleProgress.create()));

        Files.createDirectories(out);
        final Path sheet = out.resolve("augmented-batch.png");
        try (FineTuned<Image> untrained = tuner.untrained(Image.class)) {
            Sheets.augmentedBatch(untrained, train, 32, seed, sheet);
        }
        System.out.println("\n1. Look at an augmented batch: " + sheet.toAbsolutePath());

        System.out.println(
                "\n2. Fine-tune the pretrained ResNet on " + train.size().orElse(0) + " pictures\n");
        try (FineTuned<Image> tuned =
                tuner.report(out.resolve(ResultOptions.REPORT)).fit(train, validation)) {
            System.out.println("\n" + tuned.evaluation());

            System.out.println("\n3. The same network from random weights, for comparison\n");
            final double random;
            try (FineTuned<Image> scratch =
                    tuner.initialization(i -> i.randomWeights(true)).fit(train, validation)) {
                random = scratch.evaluation().get("accuracy");
            }
            System.out.printf(
                    Locale.ROOT,
                    "%naccuracy on %d pictures held back: %.1f %% pretrained, %.1f %% from random weights%n",
                    validation.size().orElse(0),
                    100 * tuned.evaluation().get("accuracy"),
                    100 * random);

            final Example<Image> example = validation.asList().get(0);
            final Image shown = Image.of(copied(example.input(), out.resolve("example.png")));
            final Prediction prediction = tuned.predict(shown);
            System.out.println("\n4. Predict\n\n" + shown + "\n  " + prediction + "  " + prediction.probabilities());

            final Path mistakes = out.resolve("worst-mistakes.png");
            final int wrong = Sheets.worstMistakes(tuned, validation, mistakes);
            System.out.println("\n5. " + wrong + " mistakes"
                    + (wrong == 0 ? "" : "; look at the worst: " + mistakes.toAbsolutePath()));

            tuned.save(out);
            System.out.println("\n6. Saved to " + out.toAbsolutePath()
                    + "; FineTuned.load(dir) loads it, and so does Transformers.\n   "
                    + ResultOptions.REPORT + " there shows how it was trained.");
        }
        System.out.printf(Locale.ROOT, "%ndone in %.0f s%n", ProcessFacts.secondsSinceStart());
        return 0;
    }
    /** Keeps one of the pictures, which go when the command ends. */
    private static Path copied(Image picture, Path file) throws IOException {
        final Path drawn = ((Image.Source.File) picture.source()).path();
        return Files.copy(drawn, file, StandardCopyOption.REPLACE_EXISTING);
    }
}
