package dev.finetune.examples.cases;

import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.calibration.DecisionMetric;
import dev.finetune.checkpoint.Overwrite;
import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.data.Text;
import dev.finetune.examples.Bounds;
import dev.finetune.examples.Output;
import dev.finetune.examples.ProcessFacts;
import dev.finetune.examples.WrongUsage;
import dev.finetune.explain.Explain;
import dev.finetune.metrics.Metrics;
import dev.finetune.report.ConsoleProgress;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Rare fraud among payments that are told in sentences: decided by what mistakes cost. */
@Command(
        name = "fraud",
        description =
                "Find fraud among generated payments, 3 of 100, and decide by what a miss and a false alarm cost.",
        mixinStandardHelpOptions = true,
        showDefaultValues = true)
public final class FraudCommand implements Callable<Integer> {
    private static final double SHARE = 0.03;

    @Option(names = "--model", description = "The encoder: a directory, a model id, or the name of one in a jar.")
    private String model = "all-minilm-l6-v2";

    @Option(
            names = "--payments",
            description = "Payments to learn from; as many to test on, half as many to choose by.")
    private int payments = 1500;

    @Option(names = "--cost-of-miss", description = "What a fraud costs that is let pass.")
    private double miss = 300;

    @Option(names = "--cost-of-alarm", description = "What it costs to look at a payment.")
    private double alarm = 10;

    @Option(names = "--epochs", description = "Passes over the payments.")
    private double epochs = 2;

    @Option(names = "--seed", description = "Seed of everything random.")
    private long seed = 42;

    @Option(names = "--out", description = "Where to save the model.")
    private Path out = Path.of("fraud-model");

    @Override
    public Integer call() {
        Bounds.atLeast("--payments", payments, 100);
        checkCost("--cost-of-miss", miss);
        checkCost("--cost-of-alarm", alarm);
        Output.checkModel("--out", out, Overwrite.OURS);
        final Dataset<Text> train = Transactions.of(payments, SHARE, 10 * seed + 1);
        final Dataset<Text> choose = Transactions.of(payments / 2, SHARE, 10 * seed + 2);
        final Dataset<Text> test = Transactions.of(payments, SHARE, 10 * seed + 3);
        System.out.println("\n1. Learn from " + payments + " payments, such as\n");
        train.asList().stream()
                .limit(3)
                .forEach(example -> System.out.println("   " + example.input().text()));
        System.out.println();
        final FineTuner tuner = WrongUsage.unless(() -> FineTuner.from(model)
                .head(Transactions.HONEST, Transactions.FRAUD)
                .lr(1e-4)
                .batchSize(32)
                .epochs(epochs)
                .warmupRatio(0.1)
                .batching(b -> b.balancedSampling(true))
                .keepBest("average_precision")
                .seed(seed)
                .listener(ConsoleProgress.create()));
        try (FineTuned<Text> tuned = tuner.fit(train, choose)) {
            final Metrics metrics = tuned.evaluate(test);
            System.out.printf(
                    Locale.ROOT,
                    "%n2. On %d others: average precision %.3f (chance: %.2f), AUROC %.3f; one fraud in ten looks like any"
                            + " other payment%n",
                    payments,
                    metrics.get("average_precision"),
                    SHARE,
                    metrics.get("auroc"));
            final Decisions half = Decisions.of(tuned, test);
            final FineTuned<Text> cheap = tuned.tuneThresholds(choose, cost());
            final Decisions chosen = Decisions.of(cheap, test);
            System.out.printf(
                    Locale.ROOT,
                    "%n3. A miss costs %.0f, to look at a payment %.0f; a thousand payments then cost%n%n",
                    miss,
                    alarm);
            final long frauds = chosen.truePositives() + chosen.falseNegatives();
            final long honest = chosen.trueNegatives() + chosen.falsePositives();
            told("nobody looks", new Decisions(0, 0, frauds, honest));
            told("all are looked at", new Decisions(frauds, honest, 0, 0));
            told("decided at a probability of 0.5", half);
            told(
                    String.format(
                            Locale.ROOT,
                            "decided from %.2f on, cheapest on others",
                            cheap.calibration().thresholds().get(0)),
                    chosen);
            System.out.println("\n   " + chosen);

            System.out.println("\n4. Why, for one that was found\n");
            System.out.println(test.asList().stream()
                    .map(Example::input)
                    .filter(text -> cheap.predict(text).label().equals(Transactions.FRAUD))
                    .findFirst()
                    .map(text -> cheap.explain(
                                    text, Explain.integratedGradients().target(Transactions.FRAUD))
                            .toString())
                    .orElse("none was found"));
            cheap.save(out);
            System.out.println("\n5. Saved to " + out.toAbsolutePath() + ", the threshold with it");
        }
        System.out.printf(Locale.ROOT, "%ndone in %.0f s%n", ProcessFacts.secondsSinceStart());
        return 0;
    }

    private static void checkCost(String option, double cost) {
        if (!(cost >= 0) || Double.isInfinite(cost)) {
            throw new WrongUsage(option + " " + cost + ": expected a number of at least 0.");
        }
    }

    /** The largest of what is none the better for being larger: costs, with a minus before them. */
    private DecisionMetric cost() {
        return (tp, fp, fn, tn) -> -(miss * fn + alarm * (tp + fp));
    }

    private void told(String way, Decisions decisions) {
        final double all = decisions.truePositives()
                + decisions.falsePositives()
                + decisions.falseNegatives()
                + decisions.trueNegatives();
        System.out.printf(
                Locale.ROOT,
                "   %-42s %7.0f%n",
                way,
                -1000
                        / all
                        * cost().of(
                                        decisions.truePositives(),
                                        decisions.falsePositives(),
                                        decisions.falseNegatives(),
                                        decisions.trueNegatives()));
    }
}
