package dev.finetune.examples;

import dev.finetune.FineTuner;
import dev.finetune.head.Heads;
import dev.finetune.report.ConsoleProgress;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** Which language model learns to write, and how: what the commands that teach one have in common. */
final class WriterOptions {
    @Option(
            names = "--model",
            description = "The language model: a directory or a model id, such as Qwen/Qwen3-0.6B; by default the small"
                    + " one that ships with the examples.")
    private String model = ShippedFiles.SMALL_LM;

    @Option(names = "--batch", description = "Examples in a batch.")
    private int batch = 8;

    @Option(names = "--lr", description = "Learning rate; a large model wants a smaller one.")
    private double rate = 2e-3;

    @Option(names = "--seed", description = "Seed of everything random.")
    private long seed = 42;

    String model() {
        return model;
    }

    long seed() {
        return seed;
    }

    /** The model itself, shipped ones unpacked into a folder. */
    FineTuner start(Path unpacked) {
        return ShippedFiles.startOf(model, unpacked);
    }

    /** Sets all that these options say. */
    FineTuner applied(FineTuner from) {
        return from.head(Heads.causalLm())
                .lr(rate)
                .batchSize(batch)
                .warmupRatio(0.1)
                .seed(seed)
                .listener(ConsoleProgress.create());
    }
}
