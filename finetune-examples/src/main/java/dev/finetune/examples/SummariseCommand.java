package dev.finetune.examples;

import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.checkpoint.Overwrite;
import dev.finetune.data.Dataset;
import dev.finetune.data.Text;
import dev.finetune.generate.Generated;
import dev.finetune.generate.Generation;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** A language model that learns to note in a line what a mail is about: what it writes, and how much of it is right, before and after. */
@Command(
        name = "summarise",
        description =
                "Teach a language model to note of a customer's mail who writes, the order, what is wrong and what is"
                        + " wished, by mails that are made on the way, and compare its notes before and after.",
        mixinStandardHelpOptions = true,
        showDefaultValues = true)
public final class SummariseCommand implements Callable<Integer> {
    private static final int NEW_TOKENS = 40;

    @Mixin
    private WriterOptions options = new WriterOptions();

    @Option(names = "--mails", description = "So many mails to learn from.")
    private int count = 8000;

    @Option(names = "--held-back", description = "So many mails of each kind that are not learned from.")
    private int heldBack = 100;

    @Option(names = "--epochs", description = "Passes over the mails.")
    private double epochs = 1;

    @Option(names = "--out", description = "Where to save the fine-tuned model.")
    private Path out = Path.of("summarise-model");

    @Override
    public Integer call() throws IOException {
        Bounds.atLeast("--mails", count, 1);
        Bounds.atLeast("--held-back", heldBack, 1);
        Output.checkModel("--out", out, Overwrite.OURS);
        final Path unpacked = TemporaryFolder.create("finetune-summarise");
        final List<Mail> same = Mails.of(Mails.Part.HELD_BACK, heldBack, options.seed());
        final List<Mail> other = Mails.of(Mails.Part.OTHER_WORDS, heldBack, options.seed());
        final FineTuner tuner = WrongUsage.unless(() -> tuner(options.start(unpacked)));

        System.out.println("\n1. " + options.model() + " as it is\n");
        final WrittenNotes before;
        final WrittenNotes beforeOther;
        try (FineTuned<Text> untrained = tuner.untrained(Text.class)) {
            before = written(untrained, same);
            beforeOther = written(untrained, other);
            System.out.println(before.shown());
        }
        System.out.println("2. Learn from " + count + " mails\n");
        try (FineTuned<Text> tuned = tuner.fit(data(Mails.of(Mails.Part.LEARNED, count, options.seed())), data(same))) {
            final WrittenNotes after = written(tuned, same);
            final WrittenNotes afterOther = written(tuned, other);
            System.out.println("\n3. The notes then\n\n" + after.shown());
            System.out.println(WrittenNotes.table("mails held back", before, after));
            System.out.println(WrittenNotes.table("in other words", beforeOther, afterOther));
            tuned.save(out);
            System.out.println("4. Saved to " + out.toAbsolutePath() + ";\n   FineTuned.load(dir, Text.class)"
                    + ".generate(Text.of(mail + \"\\nNote:\"), Generation.greedy()) writes in Java,\n   and"
                    + " AutoModelForCausalLM loads it in Python.");
            System.out.printf(Locale.ROOT, "%ndone in %.0f s%n", ProcessFacts.secondsSinceStart());
        }
        return 0;
    }

    private FineTuner tuner(FineTuner from) {
        return options.applied(from).maxLength(256).epochs(epochs);
    }

    private static Dataset<Text> data(List<Mail> mails) {
        return Dataset.of(Text.class, mails.stream().map(Mail::example).toList());
    }

    private static WrittenNotes written(FineTuned<Text> model, List<Mail> mails) {
        return new WrittenNotes(
                mails,
                model
                        .generate(
                                mails.stream().map(Mail::prompt).toList(),
                                Generation.greedy().maxNewTokens(NEW_TOKENS))
                        .stream()
                        .map(Generated::text)
                        .map(text -> text.strip().lines().findFirst().orElse(""))
                        .toList());
    }
}
