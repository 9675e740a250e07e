package dev.finetune.examples.bench;

import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.data.Text;
import dev.finetune.distributed.Processes;
import dev.finetune.examples.Bounds;
import dev.finetune.examples.ProcessFacts;
import dev.finetune.examples.ShippedFiles;
import dev.finetune.examples.TemporaryFolder;
import dev.finetune.train.StepReport;
import dev.finetune.train.TrainingListener;
import dev.finetune.vision.Augment;
import dev.finetune.vision.Image;
import java.io.IOException;
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

    @Option(
            names = "--images",
            description = "Train a small ResNet on pictures of changing size instead of an encoder.")
    private boolean images;

    @Option(
            names = "--distributed",
            description = "Be one of the processes that RANK, WORLD_SIZE, MASTER_ADDR and MASTER_PORT name.")
    private boolean distributed;

    private long atFrom;
    private long atEnd;

    @Override
    public Integer call() throws IOException {
        Bounds.atLeast("--from", from, 1);
        Bounds.atLeast("--steps", steps, from);
        final Path folder = TemporaryFolder.create("finetune-memory");
        try (FineTuned<?> tuned = images ? pictures(folder) : texts(folder)) {
            System.out.printf(
                    Locale.ROOT,
                    "{\"what\":\"memory\",\"steps\":%d,\"rss_mb_from\":%d,\"rss_mb_end\":%d,\"growth\":%.4f,\"java_heap_mb\":%d}%n",
                    tuned.history().orElseThrow().steps().size(),
                    atFrom,
                    atEnd,
                    atEnd / (double) atFrom - 1,
                    Runtime.getRuntime().maxMemory() >> 20);
        }
        return 0;
    }

    private FineTuned<Text> texts(Path folder) {
        final List<Example<Text>> examples = new ArrayList<>();
        final SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < 4000; i++) {
            final StringBuilder text = new StringBuilder();
            for (int j = random.nextInt(2, 100); j > 0; j--) {
                text.append(WORDS.get(random.nextInt(WORDS.size()))).append(' ');
            }
            examples.add(new Example<>(Text.of(text + Integer.toString(i)), Label.of(i % 2 == 0 ? "a" : "b")));
        }
        return tuner(ShippedFiles.encoder(folder)).maxLength(128).fitAll(Dataset.of(Text.class, examples));
    }

    /** Pictures of changing size and colour, augmented, so that each is decoded and changed anew in every epoch. */
    private FineTuned<Image> pictures(Path folder) {
        final List<Example<Image>> examples = new ArrayList<>();
        final SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < 400; i++) {
            final int width = random.nextInt(20, 200);
            final int height = random.nextInt(20, 200);
            final byte[] rgb = new byte[3 * width * height];
            random.nextBytes(rgb);
            examples.add(new Example<>(Image.rgb(rgb, width, height), Label.of(i % 2 == 0 ? "a" : "b")));
        }
        return tuner(ShippedFiles.resnet(folder))
                .augment(Augment.randomResizedCrop(64), Augment.horizontalFlip())
                .fitAll(Dataset.of(Image.class, examples));
    }

    private FineTuner tuner(Path model) {
        final FineTuner alone = FineTuner.from(model);
        return (distributed ? alone.distributed(Processes.fromEnvironment()) : alone)
                .head("a", "b")
                .batchSize(8)
                .maxSteps(steps)
                .seed(seed)
                .listener(new TrainingListener() {
                    @Override
                    public void stepped(StepReport report) {
                        final long step = report.step();
                        atEnd = ProcessFacts.residentMegabytes();
                        if (step == from) {
                            atFrom = atEnd;
                        }
                        if (step % 500 == 0 || step == from) {
                            System.out.printf(Locale.ROOT, "step %d: %d MB%n", step, atEnd);
                        }
                    }
                });
    }
}
