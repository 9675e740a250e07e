package dev.finetune.examples;

import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.error.FinetuneException;
import dev.finetune.freeze.Freeze;
import dev.finetune.head.Head;
import dev.finetune.head.Prediction;
import dev.finetune.vision.Image;
import dev.finetune.vision.image.ImageEncoder;
import dev.finetune.vision.image.Preprocessing;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Fine-tunes any image model on any folder; its last line is one JSON object. */
@Command(
        name = "images",
        description = "Fine-tune a model directory, file or id on a folder per class, or on a table of paths.",
        mixinStandardHelpOptions = true,
        showDefaultValues = true)
public final class ImagesCommand implements Callable<Integer> {
    private static final int SHOWN = 5;

    @Mixin
    private TrainingOptions training = new TrainingOptions(1e-3, 32);

    @Mixin
    private ImageData data = new ImageData();

    @Mixin
    private ResultOptions result = new ResultOptions();

    @Mixin
    private CheckpointOptions checkpoints = new CheckpointOptions();

    @Mixin
    private ClassOptions classes = new ClassOptions();

    @Mixin
    private TrialOptions trial = new TrialOptions();

    @Option(
            names = "--freeze-batch-norms",
            description = "Keep all batch norms as they are, their running statistics too.")
    private boolean freezeBatchNorms;

    @Option(names = "--augment", split = ",", description = "Changes of training pictures: " + AugmentationNames.KNOWN)
    private List<String> augment = List.of();

    @Option(names = "--size", description = "Height and width of what the network sees; 0 for what the model says.")
    private int size;

    @Option(
            names = "--preprocess",
            description =
                    "model (what the checkpoint says), imagenet, cifar, or squeezenet-caffe (227 x 227, RGB from 0"
                            + " to 255 minus 123, 117, 104).")
    private String preprocess = "model";

    @Option(names = "--sheet", description = "Write one augmented batch as PNG, before training.")
    private @Nullable Path sheet;

    @Option(names = "--mistakes", description = "Write the worst mistakes on the evaluation pictures as PNG.")
    private @Nullable Path mistakes;

    @Option(names = "--predict", arity = "1..*", description = "Pictures to classify when trained.")
    private List<Path> predict = List.of();

    @Override
    public Integer call() throws Exception {
        return StopSignals.during(this::run);
    }

    private boolean run() {
        final double start = ProcessFacts.secondsSinceStart();
        final ImageData.Parts parts = data.read(training.seed());
        check(parts);
        final FineTuner tuner =
                checkpoints.on(result.reporting(WrongUsage.unless(() -> tuner(parts))), result.directory());
        if (sheet != null) {
            try (FineTuned<Image> untrained = tuner.untrained(Image.class)) {
                Sheets.augmentedBatch(untrained, parts.train(), training.batch(), training.seed(), sheet);
            }
            System.out.println("an augmented batch is in " + sheet.toAbsolutePath());
        }
        if (trial.instead(tuner, parts.train(), parts.evaluation())) {
            return true;
        }
        try (FineTuned<Image> tuned = tuner.fit(parts.train(), parts.evaluation())) {
            if (TrainingOptions.isCompanion(tuner)) {
                return true; // Process 0 shows and saves it.
            }
            result.show(tuned);
            result.save(tuned);
            if (!Thread.currentThread().isInterrupted()) {
                if (mistakes != null) {
                    writeMistakes(tuned, parts, mistakes);
                }
                predict.forEach(
                        picture -> System.out.println(picture + "\n  " + told(tuned.predict(Image.of(picture)))));
            }
            result.finish("images", tuned, parts.train().size().orElse(-1), start);
        }
        return true;
    }

    /** Refuses, before anything is trained, what would fail in the end. */
    private void check(ImageData.Parts parts) {
        trial.check(training.ofTraining(Map.of("--predict", !predict.isEmpty(), "--mistakes", mistakes != null)));
        result.check(training);
        if (mistakes != null && !(parts.head() instanceof Head.Classification)) {
            throw new WrongUsage("--mistakes shows pictures that were taken for another class: it goes with --task"
                    + " classification.");
        }
        if (sheet != null) {
            Output.checkFile("--sheet", sheet);
        }
        if (mistakes != null) {
            Output.checkFile("--mistakes", mistakes);
        }
        for (Path picture : predict) {
            if (!Files.isRegularFile(picture)) {
                throw new FinetuneException("--predict " + picture + ": there is no such file.");
            }
        }
    }

    private FineTuner tuner(ImageData.Parts parts) {
        FineTuner tuner = classes.on(training.tuner(parts.head())).augment(AugmentationNames.parse(augment));
        final FineTuner named = freezeBatchNorms ? tuner.freeze(Freeze.batchNorms()) : tuner;
        final PreprocessingChoice choice = PreprocessingChoice.named(preprocess);
        if (choice == PreprocessingChoice.MODEL && size == 0) {
            return named;
        }
        final Preprocessing chosen = choice.preprocessing().orElseGet(() -> ofModel(named));
        return named.inputs(size > 0 ? PreprocessingChoice.resized(chosen, size) : chosen);
    }

    private static Preprocessing ofModel(FineTuner tuner) {
        try (FineTuned<Image> model = tuner.untrained(Image.class)) {
            if (model.assembly().encoder() instanceof ImageEncoder encoder) {
                return encoder.preprocessing();
            }
            throw new WrongUsage("--size is for models of finetune-vision; this one reads pictures otherwise.");
        }
    }

    private static void writeMistakes(FineTuned<Image> tuned, ImageData.Parts parts, Path file) {
        final int wrong = Sheets.worstMistakes(tuned, parts.evaluation(), file);
        System.out.println(
                wrong == 0
                        ? "no mistakes, so no picture of them"
                        : wrong + " mistakes; the worst are in " + file.toAbsolutePath());
    }

    private static String told(Prediction prediction) {
        if (prediction instanceof Prediction.Category category) {
            return category.top(SHOWN).stream()
                    .map(entry -> String.format(Locale.ROOT, "%s %.1f %%", entry.getKey(), 100 * entry.getValue()))
                    .collect(Collectors.joining(", "));
        }
        return prediction.toString();
    }
}
