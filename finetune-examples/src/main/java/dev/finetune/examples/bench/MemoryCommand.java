package dev.finetune.examples.bench;

import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.data.Text;
import dev.finetune.examples.ProcessFacts;
import dev.finetune.examples.ShippedFiles;
import dev.finetune.train.StepReport;
import dev.finetune.train.TrainingListener;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Trains many steps on batches of changing shape and shows that the resident size stays flat. */
@Command(
        name = "memory",
        description = "Train thousands of steps on batches of changing shape and print the resident size.",
        mixinStandardHelpOptions = true,
        showDefaultValues = true)
public final class MemoryCommand implements Callable<Integer> {
    private static final List<String> WORDS =
            List.of("good", "bad", "film", "the", "arrived", "late", "perfect", "broken", "and", "works", "never");

    @Option(names = "--steps", description = "Optimizer steps.")
    private int steps = 5000;

    @Option(names = "--from", description = "The step whose resident size the last one is compared with.")
    private int from = 500;

    @Option(names = "--seed", description = "Seed of everything random.")
    private long seed = 42;

    @Override
    public Integer call() throws IOException {
        final Path folder = Files.createTempDirectory("finetune-memory");
        final List<Example<Text>> examples = new ArrayList<>();
        final SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < 4000; i++) {
            final StringBuilder text = new StringBuilder();
            for (int j = random.nextInt(2, 100); j > 0; j--) {
                text.append(WORDS.get(random.nextInt(WORDS.size()))).append(' ');
            }
            examples.add(new Example<>(Text.of(text + Integer.toString(i)), Label.of(i % 2 == 0 ? "a" : "b")));
        }
        final long[] sizes = new long[2];
        final TrainingListener watch = new TrainingListener() {
            @Override
            public void stepped(StepReport report) {
                final long step = report.step() + 1;
                if (step % 500 == 0 || step == from) {
                    System.out.printf(Locale.ROOT, "step %d: %d MB%n", step, ProcessFacts.residentMegabytes());
                }
                if (step == from) {
                    sizes[0] = ProcessFacts.residentMegabytes();
                }
                sizes[1] = ProcessFacts.residentMegabytes();
            }
        };
        try (FineTuned<Text> tuned = FineTuner.from(ShippedFiles.encoder(folder))
                .head("a", "b")
                .maxLength(128)
                .batchSize(8)
                .maxSteps(steps)
                .seed(seed)
                .listener(watch)
                .fitAll(Dataset.of(Text.class, examples))) {
            System.out.printf(
                    Locale.ROOT,
                    "{\"what\":\"memory\",\"steps\":%d,\"rss_mb_from\":%d,\"rss_mb_end\":%d,\"growth\":%.4f,\"java_heap_mb\":%d}%n",
                    tuned.history().orElseThrow().steps().size(),
                    sizes[0],
                    sizes[1],
                    sizes[1] / (double) sizes[0] - 1,
                    Runtime.getRuntime().maxMemory() >> 20);
        }
        return 0;
    }
}
