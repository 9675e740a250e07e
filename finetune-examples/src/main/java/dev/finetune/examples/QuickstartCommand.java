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

/** The main job in a minute: a real pretrained encoder from a jar, and reviews that ship with the examples. */
@Command(
        name = "quickstart",
        description =
                "Fine-tune all-MiniLM-L6-v2 on short reviews, and compare with random weights and a smaller encoder.",
        mixinStandardHelpOptions = true,
        showDefaultValues = true)
public final class QuickstartCommand implements Callable<Integer> {
    private static final String SENTENCE = "The product arrived on time and works perfectly!";

    /** The small encoder was pretrained less, and learns faster for it. */
    private static final double SMALL_RATE = 3e-4;

    private static final double SMALL_EPOCHS = 6;

    @Option(names = "--model", description = "The encoder: a directory, a model id, or the name of one in a jar.")
    private String model = "all-minilm-l6-v2";

    @Option(names = "--out", description = "Where to save the fine-tuned model.")
    private Path out = Path.of("quickstart-model");

    @Option(names = "--epochs", description = "Passes over the reviews.")
    private double epochs = 4;

    @Option(names = "--lr", description = "Learning rate.")
    private double rate = 1e-4;

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
        final FineTuner tuner = tuner(FineTuner.from(model), rate, epochs);

        System.out.println("\n1. Fine-tune " + model + " on " + train.size().orElse(0) + " reviews\n");
        try (FineTuned<Text> tuned =
                tuner.report(out.resolve(ResultOptions.REPORT)).fit(train, validation)) {
            System.out.println("\n" + tuned.evaluation());

            System.out.println("\n2. For comparison, the same network from random weights\n");
            final double random = accuracy(tuner.initialization(i -> i.randomWeights(true)), train, validation);
            System.out.println("\n3. And the small encoder that ships with the examples\n");
            final double small = accuracy(
                    tuner(FineTuner.from(ShippedFiles.encoder(unpacked)), SMALL_RATE, SMALL_EPOCHS), train, validation);
            System.out.printf(
                    Locale.ROOT,
                    "%naccuracy on %d reviews held back: %.1f %% pretrained, %.1f %% from random weights, %.1f %% the"
                            + " small encoder%n",
                    validation.size().orElse(0),
                    100 * tuned.evaluation().get("accuracy"),
                    100 * random,
                    100 * small);

            final Prediction prediction = tuned.predict(Text.of(SENTENCE));
            System.out.println(
                    "\n4. Predict\n\n\"" + SENTENCE + "\"\n  " + prediction + "  " + prediction.probabilities());

            tuned.save(out);
            System.out.println("\n5. Saved to " + out.toAbsolutePath()
                    + "; FineTuned.load(dir) loads it, and so does Transformers.\n   "
                    + ResultOptions.REPORT + " there shows how it was trained.");
        }
        System.out.printf(Locale.ROOT, "%ndone in %.0f s%n", ProcessFacts.secondsSinceStart());
        return 0;
    }

    private FineTuner tuner(FineTuner from, double rate, double epochs) {
        return WrongUsage.unless(() -> from.head("negative", "positive")
                .lr(rate)
                .batchSize(16)
                .epochs(epochs)
                .warmupRatio(0.1)
                .seed(seed)
                .listener(ConsoleProgress.create()));
    }

    private static double accuracy(FineTuner tuner, Dataset<Text> train, Dataset<Text> validation) {
        try (FineTuned<Text> tuned = tuner.fit(train, validation)) {
            return tuned.evaluation().get("accuracy");
        }
    }
}
