package dev.finetune.examples;

import dev.finetune.FineTuner;
import dev.finetune.preference.Dpo;
import dev.finetune.preference.Orpo;
import dev.finetune.preference.PreferenceLoss;
import java.util.Optional;
import picocli.CommandLine.Option;

/** The options that say how a model learns which of two answers is preferred. */
final class PreferenceOptions {
    /** Of a model that can answer little should change: a tenth of what teaches one to answer. */
    private static final double RATE = 5e-6;

    @Option(
            names = "--dpo",
            paramLabel = "BETA",
            description = "With preferences: direct preference optimization, which holds the model to what it was, the"
                    + " larger BETA the more. The default, with 0.1. Without --lr the peak learning rate"
                    + " is 5e-6, for --orpo, too.")
    private Optional<Double> beta = Optional.empty();

    @Option(
            names = "--dpo-label-smoothing",
            paramLabel = "SHARE",
            description = "With --dpo: the share of preferences that may be the wrong way round, from 0 to below 0.5.")
    private double labelSmoothing;

    @Option(
            names = "--orpo",
            paramLabel = "LAMBDA",
            description = "With preferences: odds ratio preference optimization, which teaches the preferred answers"
                    + " themselves at once; 0.1 is usual.")
    private Optional<Double> lambda = Optional.empty();

    /**
     * Refuses options that contradict each other, or would do nothing.
     *
     * @param arePairs whether the data has two answers a row
     * @return the loss; empty where the data isn't such
     */
    Optional<PreferenceLoss> loss(boolean arePairs) {
        if (beta.isPresent() && lambda.isPresent()) {
            throw new WrongUsage("--dpo and --orpo are two ways to learn from preferences: give one of them.");
        }
        if (lambda.isPresent() && labelSmoothing != 0) {
            throw new WrongUsage("--dpo-label-smoothing goes with --dpo.");
        }
        if (!arePairs && (beta.isPresent() || lambda.isPresent() || labelSmoothing != 0)) {
            throw new WrongUsage("--dpo and --orpo are about preferences, and --train holds none: expected rows with"
                    + " prompt, chosen and rejected, or --rows preferences.");
        }
        return arePairs ? Optional.of(WrongUsage.unless(this::loss)) : Optional.empty();
    }

    private PreferenceLoss loss() {
        return lambda.isPresent()
                ? Orpo.lambda(lambda.get())
                : Dpo.beta(beta.orElse(0.1)).labelSmoothing(labelSmoothing);
    }

    /**
     * The tuner with the learning rate that suits preferences.
     *
     * @param isRateSaid whether a rate was said, which then stays
     */
    static FineTuner on(FineTuner tuner, boolean isRateSaid) {
        return isRateSaid ? tuner : tuner.lr(RATE);
    }
}
