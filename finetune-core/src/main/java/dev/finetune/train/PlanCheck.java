package dev.finetune.train;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/** Finds settings that a run is too short for, so that they would do nothing, or other than was asked for. */
final class PlanCheck {
    private PlanCheck() {}

    /**
     * What to warn of, in the user's words; empty where all fits.
     *
     * @param settings what the loop obeys
     * @param total optimizer steps of the run
     * @param batchesPerEpoch batches of an epoch, where that is known
     * @param evaluates whether there is data to evaluate on
     */
    static List<String> warnings(
            TrainingSettings settings, long total, OptionalLong batchesPerEpoch, boolean evaluates) {
        final List<String> found = new ArrayList<>();
        checkWarmup(settings, total, found);
        batchesPerEpoch.ifPresent(batches -> checkAccumulation(settings, batches, found));
        if (!evaluates) {
            if (settings.evaluation().everySteps() > 0) {
                found.add(
                        "evaluation(e -> e.everySteps(" + settings.evaluation().everySteps()
                                + ")) does nothing: there is no data to evaluate"
                                + " on. fit(train, validation), or fit(dataset), have some.");
            }
            return found;
        }
        if (settings.evaluation().everySteps() > total) {
            found.add("evaluation(e -> e.everySteps(" + settings.evaluation().everySteps() + ")): training has "
                    + steps(total) + ", so it is evaluated once, at the end.");
        }
        batchesPerEpoch.ifPresent(batches -> checkPatience(settings, evaluations(settings, total, batches), found));
        return found;
    }

    private static void checkWarmup(TrainingSettings settings, long total, List<String> found) {
        final long rising = settings.schedule().warmup().of(total);
        if (rising > 0 && rising >= total) {
            final double highest = settings.schedule().rate(total - 1, total, settings.learningRate());
            found.add(settings.schedule().warmup() + ", but training has " + steps(total)
                    + ": the learning rate rises to " + highest + " and never reaches " + settings.learningRate()
                    + ". Warm up for less, such as warmupRatio(0.1), or train for longer.");
        }
    }

    private static void checkAccumulation(TrainingSettings settings, long batches, List<String> found) {
        if (settings.optimization().accumulate() > batches) {
            found.add("optimization(o -> o.accumulate("
                    + settings.optimization().accumulate() + ")): an epoch has " + batches
                    + (batches == 1 ? " batch" : " batches") + ", so that a step has no more than these.");
        }
    }

    private static void checkPatience(TrainingSettings settings, long evaluations, List<String> found) {
        settings.earlyStopping()
                .filter(stopping -> stopping.patience() >= evaluations)
                .ifPresent(stopping -> found.add("Early stopping with a patience of " + stopping.patience()
                        + " can't stop this training: it is evaluated "
                        + (evaluations == 1 ? "once" : evaluations + " times")
                        + ". A smaller patience, evaluation(e -> e.everySteps(...)), or more epochs let it."));
    }

    /** How often a training of so many steps is evaluated, where there is data to evaluate on. */
    static long evaluations(TrainingSettings settings, long total, long batchesPerEpoch) {
        final long between = settings.evaluation().everySteps() > 0
                ? settings.evaluation().everySteps()
                : TotalSteps.perEpoch(settings, batchesPerEpoch);
        return total / between + (total % between == 0 ? 0 : 1);
    }

    private static String steps(long total) {
        return total + (total == 1 ? " step" : " steps");
    }
}
