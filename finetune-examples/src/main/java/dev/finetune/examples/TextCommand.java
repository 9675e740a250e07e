package dev.finetune.examples;

import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.data.Dataset;
import dev.finetune.data.Text;
import dev.finetune.head.Head;
import dev.finetune.head.Heads;
import dev.finetune.head.Prediction;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Fine-tunes any text model on any files; its last line is one JSON object. */
@Command(
        name = "text",
        description = "Fine-tune a model directory or id on TSV, CSV, JSON Lines, CoNLL or SQuAD files.",
        mixinStandardHelpOptions = true,
        showDefaultValues = true)
public final class TextCommand implements Callable<Integer> {
    @Mixin
    private TrainingOptions training = new TrainingOptions(5e-5, 32);

    @Mixin
    private TextData data = new TextData();

    @Mixin
    private ResultOptions result = new ResultOptions();

    @Mixin
    private CheckpointOptions checkpoints = new CheckpointOptions();

    @Mixin
    private ClassOptions classes = new ClassOptions();

    @Mixin
    private TrialOptions trial = new TrialOptions();

    @Option(
            names = "--max-length",
            description = "The longest input in tokens; by default what the model takes, 512 at most.")
    private Optional<Integer> maxLength = Optional.empty();

    @Option(
            names = "--group-by-length",
            negatable = true,
            defaultValue = "true",
            fallbackValue = "true",
            description = "Compute each batch without its padding, or in parts of similar length.")
    private boolean groupByLength = true;

    @Option(names = "--predict", arity = "1..*", description = "Texts to classify when trained.")
    private List<String> predict = List.of();

    @Override
    public Integer call() throws Exception {
        final TextData.Parts<?> parts = data.read(training.seed());
        return StopSignals.during(() -> run(parts));
    }

    private <I> boolean run(TextData.Parts<I> parts) {
        final double start = ProcessFacts.secondsSinceStart();
        final Dataset<I> train = parts.train();
        trial.check(training.ofTraining(Map.of("--predict", !predict.isEmpty())));
        result.check(training);
        if (!predict.isEmpty() && train.inputType() != Text.class) {
            throw new WrongUsage("--predict is for tasks that read single texts; this one reads "
                    + train.inputType().getSimpleName() + ". Leave it out, and predict with the saved model.");
        }
        final FineTuner tuner =
                checkpoints.on(result.reporting(WrongUsage.unless(() -> tuner(parts.head()))), result.directory());
        if (trial.instead(tuner, train, parts.evaluation())) {
            return true;
        }
        try (FineTuned<I> tuned = tuner.fit(train, parts.evaluation())) {
            if (TrainingOptions.isCompanion(tuner)) {
                return true; // Process 0 shows and saves it.
            }
            result.show(tuned);
            result.save(tuned);
            if (!Thread.currentThread().isInterrupted()) {
                predict.forEach(text -> System.out.println(text + "\n  " + prediction(tuned, text)));
            }
            result.finish("text", tuned, train.size().orElse(-1), start);
        }
        return true;
    }

    private FineTuner tuner(Head head) {
        final FineTuner any = classes.on(training.tuner(head)).batching(b -> b.groupByLength(groupByLength));
        return maxLength.map(any::maxLength).orElse(any);
    }

    @SuppressWarnings("unchecked") // Only models that read texts get here: that was checked.
    private static <I> Prediction prediction(FineTuned<I> tuned, String text) {
        return ((FineTuned<Text>) tuned).predict(Text.of(text));
    }

    /** Labels and kinds of input are told by the data. */
    static Head headFor(String task, List<String> labels) {
        return switch (task) {
            case "classification" -> Reading.classes(labels);
            case "multi-label" -> Heads.multiLabel(labels.toArray(new String[0]));
            case "tokens" -> Heads.tokens(labels);
            case "regression" -> Heads.regression();
            case "question-answering" -> Heads.questionAnswering();
            case "masked-lm" -> Heads.maskedLm();
            default -> throw new WrongUsage("--task " + task + ": there are " + Reading.TASKS + ".");
        };
    }
}
