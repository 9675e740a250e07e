package dev.finetune.examples.cases;

import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.checkpoint.Overwrite;
import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.data.LabelSet;
import dev.finetune.data.Text;
import dev.finetune.examples.Bounds;
import dev.finetune.examples.Output;
import dev.finetune.examples.ProcessFacts;
import dev.finetune.examples.WrongUsage;
import dev.finetune.head.Prediction;
import dev.finetune.report.ConsoleProgress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Support tickets of 77 intents: which can be answered without a person, and how often that is right. */
@Command(
        name = "tickets",
        description =
                "Tell 77 intents of generated support tickets apart, and answer alone only where it is sure enough.",
        mixinStandardHelpOptions = true,
        showDefaultValues = true)
public final class TicketsCommand implements Callable<Integer> {
    private static final int SHOWN = 5;
    private static final int MOST_PER_INTENT = 1_000;

    @Option(names = "--model", description = "The encoder: a directory, a model id, or the name of one in a jar.")
    private String model = "all-minilm-l6-v2";

    @Option(names = "--per-intent", description = "Tickets of each intent to learn from.")
    private int perIntent = 12;

    @Option(names = "--epochs", description = "Passes over the tickets.")
    private double epochs = 8;

    @Option(names = "--seed", description = "Seed of everything random.")
    private long seed = 42;

    @Option(names = "--out", description = "Where to save the model.")
    private Path out = Path.of("tickets-model");

    /** What was said of a ticket. */
    private record Answer(String ticket, String truth, String said, double probability) {
        boolean isRight() {
            return truth.equals(said);
        }
    }

    @Override
    public Integer call() {
        Bounds.atLeast("--per-intent", perIntent, 1);
        if (perIntent > MOST_PER_INTENT) {
            throw new WrongUsage("--per-intent " + perIntent + ": expected at most " + MOST_PER_INTENT
                    + ", which leave others to calibrate on.");
        }
        Output.checkModel("--out", out, Overwrite.OURS);
        final Dataset<Text> train = Tickets.of(Tickets.Part.TRAINING, perIntent, 10 * seed + 1);
        final Dataset<Text> choose = Tickets.without(train, Tickets.Part.CHOOSING, 4, 10 * seed + 2);
        final Dataset<Text> test = Tickets.of(Tickets.Part.TEST, 8, 10 * seed + 3);
        System.out.println("\n1. Learn from " + train.size().orElse(0) + " tickets of "
                + LabelSet.discover(train).names().size() + " intents\n");
        final FineTuner tuner = WrongUsage.unless(() -> FineTuner.from(model)
                .head(LabelSet.discover(train).names().toArray(new String[0]))
                .maxLength(64)
                .lr(3e-4)
                .batchSize(32)
                .epochs(epochs)
                .warmupRatio(0.1)
                .loss(l -> l.labelSmoothing(0.1))
                .seed(seed)
                .listener(ConsoleProgress.create()));
        try (FineTuned<Text> tuned = tuner.fit(train, choose)) {
            final List<Answer> answers = answers(tuned, test);
            System.out.printf(
                    Locale.ROOT, "%n2. Of tickets that are worded as none before: %s right%n", share(answers));
            System.out.println("\n3. Taken for another most often\n");
            confused(answers).forEach(line -> System.out.println("   " + line));

            final FineTuned<Text> honest = tuned.calibrate(choose);
            System.out.println("\n4. Answered alone, from a probability on, and right then\n");
            answeredAlone(answers(honest, test));
            honest.save(out);
            System.out.println("\n5. Saved to " + out.toAbsolutePath());
        }
        System.out.printf(Locale.ROOT, "%ndone in %.0f s%n", ProcessFacts.secondsSinceStart());
        return 0;
    }

    private static List<Answer> answers(FineTuned<Text> tuned, Dataset<Text> data) {
        final List<Example<Text>> examples = data.asList();
        final List<Prediction> predictions =
                tuned.predict(examples.stream().map(Example::input).toList());
        final List<Answer> answers = new ArrayList<>();
        for (int i = 0; i < examples.size(); i++) {
            answers.add(new Answer(
                    examples.get(i).input().text(),
                    ((Label.Category) examples.get(i).label()).name(),
                    predictions.get(i).label(),
                    predictions.get(i).probability()));
        }
        return answers;
    }

    private static String share(List<Answer> answers) {
        final long right = answers.stream().filter(Answer::isRight).count();
        return Decisions.percent(right, answers.size() - right);
    }

    private static List<String> confused(List<Answer> answers) {
        final Map<String, Integer> counts = new HashMap<>();
        final Map<String, String> firsts = new HashMap<>();
        answers.stream().filter(answer -> !answer.isRight()).forEach(answer -> {
            final String pair = answer.truth() + " for " + answer.said();
            counts.merge(pair, 1, Integer::sum);
            firsts.putIfAbsent(pair, answer.ticket());
        });
        return counts.entrySet().stream()
                .sorted(Map.Entry.<String, Integer>comparingByValue()
                        .reversed()
                        .thenComparing(Map.Entry.comparingByKey()))
                .limit(SHOWN)
                .map(entry ->
                        entry.getValue() + " of 8, " + entry.getKey() + ": \"" + firsts.get(entry.getKey()) + "\"")
                .toList();
    }

    /** How many tickets are answered alone from several probabilities on. */
    private static void answeredAlone(List<Answer> answers) {
        for (double from : new double[] {0, 0.5, 0.7, 0.8, 0.9, 0.95}) {
            final List<Answer> alone = answers.stream()
                    .filter(answer -> answer.probability() >= from)
                    .toList();
            if (!alone.isEmpty()) {
                System.out.printf(
                        Locale.ROOT,
                        "   from %.2f on: %5.1f %% of all, right %s%n",
                        from,
                        100.0 * alone.size() / answers.size(),
                        share(alone));
            }
        }
    }
}
