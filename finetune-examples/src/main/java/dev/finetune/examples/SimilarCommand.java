package dev.finetune.examples;

import dev.finetune.Embedder;
import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.checkpoint.Overwrite;
import dev.finetune.data.Dataset;
import dev.finetune.data.Split;
import dev.finetune.data.Text;
import dev.finetune.head.Heads;
import dev.finetune.head.Pooling;
import dev.finetune.head.Prediction;
import dev.finetune.report.ConsoleProgress;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Embeddings, and what contrastive fine-tuning makes of them: nearest neighbours and recall before and after. */
@Command(
        name = "similar",
        description = "Find texts that mean the same by their vectors, before and after learning from pairs of labelled"
                + " texts; by default requests to a shop, which ship with the examples.",
        mixinStandardHelpOptions = true,
        showDefaultValues = true)
public final class SimilarCommand implements Callable<Integer> {
    private static final int SHOWN = 3;

    @Option(names = "--model", description = "The encoder: a directory, a model id, or the name of one in a jar.")
    private String model = "all-minilm-l6-v2";

    @Option(
            names = "--data",
            description = "Texts with a class each (.tsv, .csv, .jsonl, also .gz), to learn from and to search.")
    private Optional<Path> data = Optional.empty();

    @Option(
            names = "--eval",
            description = "Texts to ask with, which are not learned from; without them a stratified fifth of --data.")
    private Optional<Path> eval = Optional.empty();

    @Mixin
    private Reading reading = new Reading();

    @Option(names = "--out", description = "Where to save the fine-tuned encoder.")
    private Path out = Path.of("similar-model");

    @Option(names = "--epochs", description = "How often each text comes first in a pair.")
    private double epochs = 5;

    @Option(names = "--batch", description = "Pairs in a batch, each of another class.")
    private int batch = 16;

    @Option(names = "--lr", description = "Learning rate.")
    private double rate = 5e-5;

    @Option(names = "--max-length", description = "The longest input in tokens.")
    private int maxLength = 64;

    @Option(names = "--seed", description = "Seed of everything random.")
    private long seed = 42;

    @Override
    public Integer call() throws IOException {
        Output.checkModel("--out", out, Overwrite.OURS);
        final Texts texts = read();
        final FineTuner tuner = WrongUsage.unless(() -> FineTuner.from(model)
                .head(Heads.features(Pooling.MEAN))
                .maxLength(maxLength)
                .lr(rate)
                .batchSize(batch)
                .epochs(epochs)
                .warmupRatio(0.1)
                .seed(seed)
                .listener(ConsoleProgress.create()));

        System.out.println("\n1. " + model + " as it is: the nearest of "
                + texts.known().size().orElse(0) + " texts\n");
        final Neighbours before;
        try (Embedder<String> embedder = tuner.embedder(Pooling.MEAN)) {
            before = Neighbours.of(embedder::embed, texts.known(), texts.asked());
        }
        System.out.println(before.shown(SHOWN));

        System.out.println("2. Learn from pairs of texts of one class\n");
        final Neighbours after;
        try (FineTuned<Text> tuned = tuner.fitContrastive(texts.known())) {
            after = Neighbours.of(some -> vectors(tuned, some), texts.known(), texts.asked());
            tuned.save(out);
        }
        System.out.println("\n3. The nearest then\n\n" + after.shown(SHOWN));

        System.out.println("Of " + texts.asked().size().orElse(0)
                + " texts that were not learned from, so many find one of their class among the nearest\n");
        System.out.printf(Locale.ROOT, "%-10s %8s %8s%n", "", "before", "after");
        for (String name : before.recall().names()) {
            System.out.printf(
                    Locale.ROOT,
                    "%-10s %6.1f %% %6.1f %%%n",
                    name,
                    100 * before.recall().get(name),
                    100 * after.recall().get(name));
        }
        System.out.println("\nsaved to " + out.toAbsolutePath()
                + "; FineTuner.from(dir).embedder(Pooling.MEAN) gives its vectors, and so does AutoModel in Python");
        System.out.printf(Locale.ROOT, "done in %.0f s%n", ProcessFacts.secondsSinceStart());
        return 0;
    }

    /** What is learned from and searched, and what is asked with. */
    private record Texts(Dataset<Text> known, Dataset<Text> asked) {}

    private static List<float[]> vectors(FineTuned<Text> tuned, List<String> texts) {
        return tuned.predict(texts.stream().map(Text::of).toList(), Prediction.Vector.class).stream()
                .map(Prediction.Vector::vector)
                .toList();
    }

    private Texts read() throws IOException {
        if (data.isEmpty()) {
            final Path unpacked = TemporaryFolder.create("finetune-similar");
            return new Texts(
                    labelled(ShippedFiles.requests(unpacked, "known.tsv")),
                    labelled(ShippedFiles.requests(unpacked, "asked.tsv")));
        }
        if (eval.isPresent()) {
            return new Texts(labelled(data.get()), labelled(eval.get()));
        }
        final Split<Text> split = labelled(data.get()).split(0.2, seed);
        return new Texts(split.train(), split.validation());
    }

    private Dataset<Text> labelled(Path file) {
        return reading.files(file).classification();
    }
}
