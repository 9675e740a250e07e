package dev.finetune.examples.cases;

import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.calibration.DecisionMetric;
import dev.finetune.checkpoint.Overwrite;
import dev.finetune.data.Dataset;
import dev.finetune.examples.Bounds;
import dev.finetune.examples.Output;
import dev.finetune.examples.ProcessFacts;
import dev.finetune.examples.ShippedFiles;
import dev.finetune.examples.TemporaryFolder;
import dev.finetune.examples.WrongUsage;
import dev.finetune.examples.drawing.LesionPictures;
import dev.finetune.explain.ActivationMap;
import dev.finetune.explain.Explain;
import dev.finetune.report.ConsoleProgress;
import dev.finetune.vision.Augment;
import dev.finetune.vision.Image;
import dev.finetune.vision.ImageFolder;
import dev.finetune.vision.ImageOverlay;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Rare shadows on pictures: how many are found where at most one clear picture of twenty raises an alarm, and where it looked. */
@Command(
        name = "lesions",
        description =
                "Find rare drawn lesions: sensitivity at 95 %% specificity, and Grad-CAM of those that were found.",
        mixinStandardHelpOptions = true,
        showDefaultValues = true)
public final class LesionsCommand implements Callable<Integer> {
    private static final double SPECIFICITY = 0.95;
    private static final double SHARE = 0.1;
    private static final int OVERLAYS = 3;

    @Option(
            names = "--pictures",
            description = "Pictures to learn from; as many to test on, half as many to choose by.")
    private int pictures = 800;

    @Option(names = "--epochs", description = "Passes over the pictures.")
    private double epochs = 8;

    @Option(names = "--seed", description = "Seed of everything random.")
    private long seed = 42;

    @Option(names = "--out", description = "Where to save the model, and the pictures of where it looked.")
    private Path out = Path.of("lesions-model");

    @Override
    public Integer call() throws IOException {
        Bounds.atLeast("--pictures", pictures, 40);
        Output.checkModel("--out", out, Overwrite.OURS);
        final Path folder = TemporaryFolder.create("finetune-lesions");
        final Dataset<Image> train = drawn(folder.resolve("train"), 1, pictures);
        final Dataset<Image> choose = drawn(folder.resolve("choose"), 2, pictures / 2);
        final List<LesionPictures.Written> unseen =
                LesionPictures.write(folder.resolve("test"), 10 * seed + 3, pictures, SHARE);
        final Dataset<Image> test = ImageFolder.of(folder.resolve("test"));

        System.out.println("\n1. Learn from " + pictures + " pictures, of which one in ten has a lesion\n");
        final Path network = ShippedFiles.resnet(folder);
        final FineTuner tuner = WrongUsage.unless(() -> FineTuner.from(network)
                .head(LesionPictures.CLEAR, LesionPictures.LESION)
                .lr(1e-3)
                .batchSize(32)
                .epochs(epochs)
                .warmupRatio(0.1)
                .batching(b -> b.balancedSampling(true))
                .augment(Augment.horizontalFlip(), Augment.rotation(8), Augment.randomCrop(64, 5))
                .keepBest("auroc")
                .seed(seed)
                .listener(ConsoleProgress.create()));
        try (FineTuned<Image> tuned = tuner.fit(train, choose)) {
            System.out.printf(
                    Locale.ROOT,
                    "%n2. On %d others: AUROC %.3f; 90 %% are clear, so that \"clear\" is right for 90 %% of them%n",
                    pictures,
                    tuned.evaluate(test).get("auroc"));
            System.out.println("   decided at a probability of 0.5: " + Decisions.of(tuned, test));

            final FineTuned<Image> careful = tuned.tuneThresholds(choose, atSpecificity(SPECIFICITY));
            final Decisions decisions = Decisions.of(careful, test);
            System.out.printf(
                    Locale.ROOT,
                    "%n3. Decided where on other pictures 95 %% of the clear ones pass, from %.2f on: %s%n",
                    careful.calibration().thresholds().get(0),
                    decisions);

            careful.save(out);
            explain(careful, unseen);
            System.out.println("\n5. Saved to " + out.toAbsolutePath() + ", the threshold with it");
        }
        System.out.printf(Locale.ROOT, "%ndone in %.0f s%n", ProcessFacts.secondsSinceStart());
        return 0;
    }

    private Dataset<Image> drawn(Path folder, int part, int count) {
        LesionPictures.write(folder, 10 * seed + part, count, SHARE);
        return ImageFolder.of(folder);
    }

    /** The largest sensitivity of those decisions that let so many of the others pass. */
    static DecisionMetric atSpecificity(double least) {
        return (tp, fp, fn, tn) -> Decisions.share(tn, fp) < least ? -1 : Decisions.share(tp, fn);
    }

    /** Where it looked: how often the warmest place lies on the lesion, and pictures of the first. */
    private void explain(FineTuned<Image> model, List<LesionPictures.Written> unseen) throws IOException {
        int found = 0;
        int onLesion = 0;
        String places = "none";
        Files.createDirectories(out);
        for (LesionPictures.Written each : unseen) {
            final Image picture = Image.of(each.file());
            if (each.lesion().isEmpty() || !model.predict(picture).label().equals(LesionPictures.LESION)) {
                continue;
            }
            final ActivationMap map = model.explain(picture, Explain.gradCam().target(LesionPictures.LESION));
            places = map.height() + " x " + map.width();
            onLesion += isOn(map, each.lesion().get()) ? 1 : 0;
            if (found++ < OVERLAYS) {
                ImageOverlay.of(model, picture, map).write(out.resolve("looked-" + found + ".png"));
            }
        }
        System.out.printf(
                Locale.ROOT,
                "%n4. Of %d lesions that were found, the warmest place of Grad-CAM (%s) lies on or beside the lesion in %d%s%n",
                found,
                places,
                onLesion,
                found == 0 ? "" : "; look at " + out.resolve("looked-1.png").toAbsolutePath());
    }

    /** Whether the middle of the warmest place is no farther from the lesion's rim than that place is wide. */
    private static boolean isOn(ActivationMap map, LesionPictures.Place lesion) {
        int warmest = 0;
        for (int i = 1; i < map.height() * map.width(); i++) {
            if (map.at(i / map.width(), i % map.width()) > map.at(warmest / map.width(), warmest % map.width())) {
                warmest = i;
            }
        }
        final double cell = 64.0 / map.height();
        final double down = (warmest / map.width() + 0.5) * cell - lesion.row();
        final double across = (warmest % map.width() + 0.5) * cell - lesion.column();
        return Math.hypot(down, across) <= lesion.radius() + cell;
    }
}
