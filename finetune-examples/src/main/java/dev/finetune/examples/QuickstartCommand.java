package dev.finetune.examples;

import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.checkpoint.Overwrite;
import dev.finetune.data.Dataset;
import dev.finetune.data.Text;
import dev.finetune.data.TextFiles;
import dev.finetune.head.Prediction;
import dev.finetune.report.ConsoleProgress;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The main job in a minute, with what ships with the examples: reviews, and a small pretrained encoder. */
@Command(
        name = "quickstart",
        description = "Fine-tune a small pretrained encoder on short reviews, and compare with random weights.",
        mixinStandardHelpOptions = true,
        showDefaultValues = true)
public final class QuickstartCommand implements Callable<Integer> {
    private static final String SENTENCE = "The product arrived on time and works perfectly!";

    @Option(names = "--out", description = "Where to save the fine-tuned model.")
    private Path out = Path.of("quickstart-model");

    @Option(names = "--epochs", description = "Passes over the reviews.")
    private double epochs = 6;

    @Option(names = "--seed", description = "Seed of everything random.")
    private long seed = 42;

    @Override
    public Integer call() throws IOException {
        Output.checkModel("--out", out, Overwrite.OURS);
        final Path unpacked = TemporaryFolder.create("finetune-quickstart");
        final Dataset<Text> train =
                TextFiles.tsv(ShippedFiles.reviews(unpacked, "train.tsv")).classification();
        final Dataset<Text> validation =
                TextFiles.tsv(ShippedFiles.reviews(unpacked, "validation.tsv")).classification();
        final FineTuner tuner = FineTuner.from(ShippedFiles.encoder(unpacked))
                .head("negative", "positive")
                .lr(3e-4)
                .batchSize(16)
                .epochs(epochs)
                .warmupRatio(0.1)
                .seed(seed)
                .listener(ConsoleProgress.create());

        System.out.println(
                "\n1. Fine-tune the pretrained encoder on " + train.size().orElse(0) + " reviews\n");
        try (FineTuned<Text> tuned = tuner.fit(train, validation)) {
            System.out.println("\n" + tuned.evaluation());

            System.out.println("\n2. The same network from random weights, for comparison\n");
            final double random;
            try (FineTuned<Text> scratch = tuner.randomWeights().fit(train, validation)) {
                random = scratch.evaluation().get("accuracy");
            }
            System.out.printf(
                    Locale.ROOT,
                    "%naccuracy on %d reviews held back: %.1f %% pretrained, %.1f %% from random weights%n",
                    validation.size().orElse(0),
                    100 * tuned.evaluation().get("accuracy"),
                    100 * random);

            final Prediction prediction = tuned.predict(Text.of(SENTENCE));
            System.out.println(
                    "\n3. Predict\n\n\"" + SENTENCE + "\"\n  " + prediction + "  " + prediction.probabilities());

            tuned.save(out);
            System.out.println("\n4. Saved to " + out.toAbsolutePath()
                    + "; FineTuned.load(dir) loads it, and so does Transformers.");
        }
        System.out.printf(Locale.ROOT, "%ndone in %.0f s%n", ProcessFacts.secondsSinceStart());
        return 0;
    }
}
