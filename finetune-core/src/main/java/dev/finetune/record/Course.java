package dev.finetune.record;

import dev.finetune.train.EpochReport;
import dev.finetune.train.StepReport;
import dev.finetune.train.TrainingHistory;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * How a training went, be it to its end or not.
 *
 * @param stepsMade how many optimizer steps were made
 * @param steps what they did: every one, or of more than 20,000 the lowest and the highest loss of each of 10,000 equal
 *     portions
 * @param evaluations every evaluation
 * @param kept the evaluation of the weights that were kept; empty where these weren't evaluated
 * @param end why it ended, in a few words: "finished", "stopped early"; "goes on" where it didn't yet
 * @param failure what ended it before its time; empty where nothing did
 * @param seconds how long it took, evaluations included
 * @param trainingSeconds how long it took, evaluations left out
 */
public record Course(
        long stepsMade,
        List<StepReport> steps,
        List<EpochReport> evaluations,
        Optional<EpochReport> kept,
        String end,
        Optional<String> failure,
        double seconds,
        double trainingSeconds) {
    /** The most steps that are kept. */
    public static final int MOST_STEPS = 20_000;

    private static final String ONGOING = "goes on";

    /** Keeps its own copies. */
    public Course {
        steps = List.copyOf(steps);
        evaluations = List.copyOf(evaluations);
    }

    /**
     * {@return the course of a training that came to its end}
     *
     * @param history of it
     */
    public static Course of(TrainingHistory history) {
        return new Course(
                history.steps().size(),
                thinned(history.steps()),
                history.epochs(),
                history.kept(),
                history.ended(),
                Optional.empty(),
                history.seconds(),
                history.trainingSeconds());
    }

    /**
     * {@return the course of a training that failed}
     *
     * @param steps those that were made
     * @param evaluations those that were made
     * @param failure why it failed
     * @param seconds how long it took
     */
    public static Course failed(List<StepReport> steps, List<EpochReport> evaluations, String failure, double seconds) {
        return new Course(
                steps.size(),
                thinned(steps),
                evaluations,
                Optional.empty(),
                "failed",
                Optional.of(failure),
                seconds,
                seconds);
    }

    /**
     * {@return the course of a training that goes on}
     *
     * @param stepsMade how many optimizer steps were made by now
     * @param steps what they did, as far as that is known
     * @param evaluations those that were made
     * @param seconds how long it has taken
     */
    public static Course ongoing(
            long stepsMade, List<StepReport> steps, List<EpochReport> evaluations, double seconds) {
        return new Course(
                stepsMade, thinned(steps), evaluations, Optional.empty(), ONGOING, Optional.empty(), seconds, seconds);
    }

    /** {@return whether the training has not yet ended} */
    public boolean goesOn() {
        return end.equals(ONGOING);
    }

    /** The lowest and the highest loss of each portion, in their order, so that a spike stays. */
    static List<StepReport> thinned(List<StepReport> steps) {
        if (steps.size() <= MOST_STEPS) {
            return steps;
        }
        final int portions = MOST_STEPS / 2;
        final List<StepReport> kept = new ArrayList<>();
        for (int i = 0; i < portions; i++) {
            final int from = (int) ((long) steps.size() * i / portions);
            final int to = (int) ((long) steps.size() * (i + 1) / portions);
            StepReport lowest = steps.get(from);
            StepReport highest = steps.get(from);
            for (StepReport step : steps.subList(from, to)) {
                lowest = Double.compare(step.loss(), lowest.loss()) < 0 ? step : lowest;
                highest = Double.compare(step.loss(), highest.loss()) > 0 ? step : highest;
            }
            kept.add(lowest.step() <= highest.step() ? lowest : highest);
            if (lowest != highest) {
                kept.add(lowest.step() <= highest.step() ? highest : lowest);
            }
        }
        return kept;
    }
}
