package dev.finetune.examples.pretrain;

import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.checkpoint.Overwrite;
import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.data.Text;
import dev.finetune.examples.Output;
import dev.finetune.examples.StopSignals;
import dev.finetune.examples.TemporaryFolder;
import dev.finetune.examples.WrongUsage;
import dev.finetune.head.Heads;
import dev.finetune.lm.input.LmInputs;
import dev.finetune.report.ConsoleProgress;
import dev.finetune.train.Schedule;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * Pretrains a small Llama from nothing: learns byte-level byte-pair encoding, then predicts each next token. The language model
 * that the examples ship was made by this command; its options are in the README.md beside it.
 */
@Command(
        name = "pretrain-lm",
        description = "Pretrain a small language model of Llama's shape on plain text, from nothing.",
        mixinStandardHelpOptions = true,
        showDefaultValues = true)
public final class PretrainLmCommand implements Callable<Integer> {
    @Mixin
    private PlainText text = new PlainText();

    @Option(names = "--out", required = true, description = "Where to save the language model.")
    private Path out = Path.of("language-model");

    @Option(names = "--vocabulary", description = "Tokens that are learned, bytes and special ones included.")
    private int vocabulary = 4096;

    @Mixin
    private SmallLlama shape = new SmallLlama();

    @Option(names = "--max-length", description = "Tokens a row; paragraphs follow each other in full rows.")
    private int maxLength = 256;

    @Option(names = "--batch", description = "Rows a batch.")
    private int batch = 8;

    @Option(names = "--lr", description = "Peak learning rate.")
    private double learningRate = 2e-3;

    @Option(names = "--steps", description = "Optimizer steps; 0 for what the epochs make.")
    private long steps;

    @Option(names = "--epochs", description = "Passes over the text, with --steps 0.")
    private double epochs = 1;

    @Option(names = "--minutes", description = "Stop after so many minutes, 0 for no limit.")
    private long minutes;

    @Option(names = "--evaluate-every", description = "Steps between evaluations on paragraphs held back.")
    private long evaluateEvery = 500;

    @Option(names = "--seed", description = "Seed of everything random.")
    private long seed = 42;

    @Override
    public Integer call() throws Exception {
        return StopSignals.during(this::run);
    }

    private boolean run() throws IOException {
        Output.checkModel("--out", out, Overwrite.OURS);
        final List<String> paragraphs = new ArrayList<>();
        text.paragraphs(paragraphs::add);
        paragraphs.removeIf(String::isEmpty);
        final BytePairLearner learner =
                new BytePairLearner(List.of(BytePairFiles.END_OF_TEXT, BytePairFiles.START, BytePairFiles.END));
        paragraphs.forEach(learner::add);
        final BytePairLearner.Learned learned = learner.learn(vocabulary);
        System.out.printf(
                Locale.ROOT,
                "%d paragraphs; %d tokens learned, of %.2f bytes in the mean%n",
                paragraphs.size(),
                learned.vocabulary().size(),
                learned.bytesPerToken());
        final Path start = TemporaryFolder.create("finetune-pretrain-lm");
        BytePairFiles.write(learned, SmallLlama.POSITIONS, start);
        shape.write(learned.vocabulary(), start);
        final int kept = paragraphs.size() - Math.min(1000, paragraphs.size() / 20);
        final List<String> held = paragraphs.subList(kept, paragraphs.size());
        final FineTuner endless = WrongUsage.unless(() -> FineTuner.from(start)
                .initialization(i -> i.randomWeights(true))
                .head(Heads.causalLm())
                .inputs(LmInputs.packed())
                .maxLength(maxLength)
                .batchSize(batch)
                .lr(learningRate)
                .schedule(Schedule.cosine().withWarmupRatio(0.05))
                .weightDecay(0.1)
                .maxSteps(steps)
                .epochs(epochs)
                .evaluation(e -> e.everySteps(evaluateEvery))
                .seed(seed)
                .listener(ConsoleProgress.create())
                .listener(BitsPerByte.of(held, start)));
        final FineTuner tuner = minutes > 0 ? endless.maxTime(Duration.ofMinutes(minutes)) : endless;
        try (FineTuned<Text> model = tuner.fit(texts(paragraphs.subList(0, kept)), texts(held))) {
            model.save(out);
            HalvedWeights.in(out);
            Output.saved(out, model, metrics -> metrics.get("perplexity") + " perplexity on paragraphs held back");
        }
        return true;
    }

    private static Dataset<Text> texts(List<String> paragraphs) {
        return Dataset.of(
                Text.class,
                paragraphs.stream()
                        .map(paragraph -> new Example<>(Text.of(paragraph), Label.none()))
                        .toList());
    }
}
