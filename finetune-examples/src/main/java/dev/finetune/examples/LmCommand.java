package dev.finetune.examples;

import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.data.Dataset;
import dev.finetune.error.FinetuneException;
import dev.finetune.generate.Generation;
import dev.finetune.head.Head;
import dev.finetune.head.Heads;
import dev.finetune.lm.input.LmInputs;
import dev.finetune.preference.PreferenceLoss;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Fine-tunes a language model on chats, completions or texts; its last line is one JSON object. */
@Command(
        name = "lm",
        description = {
            "Fine-tune a language model (GPT-2, Llama, Mistral, Qwen, Gemma; T5, BART) on chats, completions, preferences or"
                    + " texts.",
            "Chats, completions and preferences are rows of JSON Lines. The command generate writes with what is saved."
        },
        mixinStandardHelpOptions = true,
        showDefaultValues = true)
public final class LmCommand implements Callable<Integer> {
    @Mixin
    private TrainingOptions training = new TrainingOptions(5e-5, 8);

    @Mixin
    private LanguageData data = new LanguageData();

    @Mixin
    private PreferenceOptions preferences = new PreferenceOptions();

    @Mixin
    private ResultOptions result = new ResultOptions();

    @Mixin
    private CheckpointOptions checkpoints = new CheckpointOptions();

    @Mixin
    private TrialOptions trial = new TrialOptions();

    @Option(
            names = "--head",
            description =
                    "causal-lm, which goes on with a text, or seq2seq-lm, which writes a text for a text (T5, BART);"
                            + " by default what the checkpoint was saved for.")
    private String head = "";

    @Option(
            names = "--max-length",
            description =
                    "The longest row in tokens; by default what the model takes, 1024 at most (512 for seq2seq-lm).")
    private Optional<Integer> maxLength = Optional.empty();

    @Option(
            names = "--max-target",
            description = "With --head seq2seq-lm: the most tokens that are learned to be written.")
    private Optional<Integer> maxTarget = Optional.empty();

    @Option(names = "--packed", description = "Lay texts after each other into full rows, so that nothing is padded.")
    private boolean packed;

    @Option(names = "--kept-apart", description = "With --packed: hide texts in one row from each other.")
    private boolean keptApart;

    @Option(
            names = "--samples",
            description = "For how many evaluation rows the model writes before training and after it; 0 for none.")
    private int samples = 3;

    @Option(names = "--max-new-tokens", description = "The most tokens of each of these texts.")
    private int maxNewTokens = 64;

    @Override
    public Integer call() throws Exception {
        Bounds.atLeast("--samples", samples, 0);
        Bounds.atLeast("--max-new-tokens", maxNewTokens, 1);
        if (keptApart && !packed) {
            throw new WrongUsage("--kept-apart is about texts that share a row: say --packed, too.");
        }
        final Optional<Head> asked = head();
        final LanguageData.Parts<?> parts = data.read(training.seed());
        final Optional<PreferenceLoss> loss = preferences.loss(parts.areOfPairs());
        if (loss.isPresent() && packed) {
            throw new WrongUsage(
                    "--packed is for texts: an answer that is compared with another one is a row of its own.");
        }
        return StopSignals.during(() -> run(asked, parts, loss));
    }

    /** Samples are written where nobody asked for them, too: leaving the option out isn't the way to do without. */
    private static FinetuneException saidHere(FinetuneException e) {
        return e.getMessage().startsWith("samples(")
                ? new FinetuneException(e.getMessage().replace("or leave it out.", "or say --samples 0."), e)
                : e;
    }

    private Optional<Head> head() {
        if (maxTarget.isPresent() && !head.equals("seq2seq-lm")) {
            throw new WrongUsage("--max-target goes with --head seq2seq-lm.");
        }
        return switch (head) {
            case "" -> Optional.empty();
            case "causal-lm" -> Optional.of(Heads.causalLm());
            case "seq2seq-lm" -> {
                final Head.Seq2SeqLm usual = Heads.seq2SeqLm();
                yield Optional.of(WrongUsage.unless(
                        () -> maxTarget.map(usual::withMaxTarget).orElse(usual)));
            }
            default -> throw new WrongUsage("--head " + head + ": expected causal-lm or seq2seq-lm.");
        };
    }

    private <I> boolean run(Optional<Head> asked, LanguageData.Parts<I> parts, Optional<PreferenceLoss> loss) {
        final double start = ProcessFacts.secondsSinceStart();
        final Dataset<I> train = parts.train();
        trial.check(training.ofTraining(Map.of()));
        result.check(training);
        final FineTuner tuner = checkpoints.on(
                result.reporting(WrongUsage.unless(() -> tuner(asked, loss.isPresent()))), result.directory());
        if (trial.instead(tuner, train, parts.evaluation(), loss)) {
            return true;
        }
        try (FineTuned<I> tuned = fit(tuner, parts, loss)) {
            tuned.samples().ifPresent(written -> System.out.println("\n" + written));
            if (TrainingOptions.isCompanion(tuner)) {
                return true; // Process 0 shows and saves it.
            }
            result.show(tuned);
            result.save(tuned);
            result.finish("lm", tuned, train.size().orElse(-1), start);
        }
        return true;
    }

    private static <I> FineTuned<I> fit(FineTuner tuner, LanguageData.Parts<I> parts, Optional<PreferenceLoss> loss) {
        try {
            return loss.isPresent()
                    ? tuner.fitPreferences(parts.train(), parts.evaluation(), loss.get())
                    : tuner.fit(parts.train(), parts.evaluation());
        } catch (FinetuneException e) {
            throw saidHere(e);
        }
    }

    private FineTuner tuner(Optional<Head> asked, boolean ofPreferences) {
        FineTuner tuner = training.tuner();
        tuner = ofPreferences ? PreferenceOptions.on(tuner, training.isRateSaid()) : tuner;
        tuner = asked.map(tuner::head).orElse(tuner);
        tuner = maxLength.map(tuner::maxLength).orElse(tuner);
        tuner = samples > 0 ? tuner.samples(samples, Generation.greedy().maxNewTokens(maxNewTokens)) : tuner;
        if (!packed) {
            return tuner;
        }
        return tuner.inputs(keptApart ? LmInputs.packed().keptApart() : LmInputs.packed());
    }
}
