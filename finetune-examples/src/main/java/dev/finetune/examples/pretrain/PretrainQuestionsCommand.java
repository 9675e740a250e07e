package dev.finetune.examples.pretrain;

import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.checkpoint.Overwrite;
import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.data.Question;
import dev.finetune.examples.Output;
import dev.finetune.examples.StopSignals;
import dev.finetune.examples.WrongUsage;
import dev.finetune.head.Heads;
import dev.finetune.report.ConsoleProgress;
import dev.finetune.train.Schedule;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.LongStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Teaches an encoder to find answers, on questions that are made of plain text, before it sees a real one. */
@Command(
        name = "pretrain-questions",
        description = "Teach an encoder to find answers, on questions that are made of plain text.",
        mixinStandardHelpOptions = true,
        showDefaultValues = true)
public final class PretrainQuestionsCommand implements Callable<Integer> {
    private static final int HELD_BACK = 300;

    @Mixin
    private PlainText text = new PlainText();

    @Option(names = "--from", required = true, description = "The encoder to go on with.")
    private Path from = Path.of("encoder");

    @Option(names = "--out", required = true, description = "Where to save the model.")
    private Path out = Path.of("questions");

    @Option(names = "--questions", description = "Questions to make and train on.")
    private long questions = 60_000;

    @Option(names = "--words", split = ",", arity = "1", description = "Fewest and most words of a passage.")
    private List<Integer> words = List.of(18, 35);

    @Option(names = "--reach", description = "Words asked with, on each side of the answer.")
    private int reach = 5;

    @Option(
            names = "--dropped",
            description = "Largest share of them that is left out; above 0 they may also come in another order.")
    private double dropped;

    @Option(names = "--epochs", description = "Passes over the questions.")
    private double epochs = 3;

    @Option(names = "--max-length", description = "Tokens a row.")
    private int maxLength = 96;

    @Option(names = "--batch", description = "Rows a batch.")
    private int batch = 32;

    @Option(names = "--lr", description = "Peak learning rate.")
    private double learningRate = 1e-3;

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
        final ClozeQuestions cloze = new ClozeQuestions(
                paragraphs, new ClozeQuestions.Shape(words.get(0), words.get(1), reach, dropped), seed);
        final List<Example<Question>> all = LongStream.range(0, questions + HELD_BACK)
                .mapToObj(cloze::question)
                .toList();
        all.stream()
                .limit(3)
                .forEach(example -> System.out.println("such as: "
                        + example.input().question() + "  [" + example.input().context() + "]"));
        final FineTuner tuner = WrongUsage.unless(() -> FineTuner.from(from)
                .head(Heads.questionAnswering())
                .maxLength(maxLength)
                .batchSize(batch)
                .epochs(epochs)
                .lr(learningRate)
                .schedule(Schedule.linear().withWarmupRatio(0.05))
                .seed(seed)
                .listener(ConsoleProgress.create()));
        try (FineTuned<Question> model = tuner.fit(
                Dataset.of(Question.class, all.subList(HELD_BACK, all.size())),
                Dataset.of(Question.class, all.subList(0, HELD_BACK)))) {
            model.save(out);
            Output.saved(
                    out,
                    model,
                    metrics -> String.format(Locale.ROOT, "F1 %.1f on made questions held back", metrics.get("f1")));
        }
        return true;
    }
}
