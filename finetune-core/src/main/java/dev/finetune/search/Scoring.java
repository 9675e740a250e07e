package dev.finetune.search;

import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.data.Dataset;
import dev.finetune.data.Split;
import dev.finetune.metrics.Metrics;
import dev.finetune.search.Candidates.Candidate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * How settings get a value: much data's on validation data, where each model keeps its best evaluation; little data's by
 * cross-validation, on as many of 4 folds as there is time for.
 */
final class Scoring<I> {
    private static final int FOLDS = 4;
    private static final int WANTED_ATTEMPTS = 5;

    private final Dataset<I> train;
    private final Optional<Dataset<I>> validation;
    private final String metric;
    private final long seed;
    private final TimeBudget time;
    private int folds = FOLDS;

    Scoring(Dataset<I> train, Optional<Dataset<I>> validation, String metric, long seed, TimeBudget time) {
        this.train = train;
        this.validation = validation;
        this.metric = metric;
        this.seed = seed;
        this.time = time;
    }

    /** Whether a value is that of the model that is kept; else one is yet to be trained on all data. */
    boolean givesModel() {
        return validation.isPresent();
    }

    /** How many models are trained to try something, and to train what is chosen in the end. */
    int models() {
        return givesModel() ? 1 : folds + 1;
    }

    /** How often the training data is trained on to try something: so many times without a quarter of it. */
    double passes() {
        return givesModel() ? 1 : folds * (FOLDS - 1.0) / FOLDS;
    }

    /** How often it is trained on in the end. */
    int lastPasses() {
        return givesModel() ? 0 : 1;
    }

    /** How many examples a value is that of. */
    double examples() {
        return validation.isPresent()
                ? validation.get().size().orElse(1)
                : train.size().orElse(1) * (double) folds / FOLDS;
    }

    /** What values are of, in words. */
    String describe() {
        return validation.isPresent()
                ? "on " + validation.get().size().orElse(-1) + " rows of validation data."
                : "by cross-validation, on " + folds + " of " + FOLDS
                        + " folds, for a part of it would be too small to judge by;"
                        + " the chosen settings were then trained on all of it.";
    }

    /** The time for one of the trainings that trying something takes. */
    Duration share() {
        return time.share(givesModel() ? 1 : folds + 2);
    }

    /** How long what was tried may train on all of the data: no less than where a fold was left out. */
    Duration lastTraining(Tried chosen) {
        final double one = chosen.attempt().seconds() / chosen.trainings() * FOLDS / (FOLDS - 1);
        return TimeBudget.millis(Math.max(one, time.left()));
    }

    /**
     * Chooses as many folds as leave time to try several settings, once the first were tried on all of them.
     *
     * @param cost how many rows others are trained on
     * @return how many it is from now on
     */
    int chooseFolds(double cost) {
        final double fold = time.secondsPerRow() * cost * (FOLDS - 1) / FOLDS;
        folds = (int) Math.max(1, Math.min(folds, Math.floor(time.left() / (WANTED_ATTEMPTS * fold))));
        return folds;
    }

    /**
     * Trains.
     *
     * @param first whether these are the settings as they are, which keep what they say and are tried on as many folds as
     *     there is time for; all others keep their best evaluation
     */
    Outcome<I> train(Candidate candidate, Duration longest, Meter meter, boolean first) {
        return validation.isPresent()
                ? trainOnce(first ? candidate.tuner() : candidate.tuner().keepBest(metric), longest, meter)
                : crossValidate(candidate, longest, meter, first);
    }

    private Outcome<I> trainOnce(FineTuner settings, Duration longest, Meter meter) {
        final FineTuner timed = Outcome.within(longest, settings);
        return Outcome.of(timed.listener(meter).fit(train, validation.orElseThrow()), settings, timed, metric);
    }

    private Outcome<I> crossValidate(Candidate candidate, Duration longest, Meter meter, boolean first) {
        final double begun = time.passed();
        final FineTuner timed = Outcome.within(longest, candidate.tuner()).listener(meter);
        final List<Metrics> values = new ArrayList<>();
        for (Split<I> fold : train.folds(FOLDS, seed).subList(0, folds)) {
            try (FineTuned<I> one = timed.fit(fold.train(), fold.validation())) {
                final Optional<Metrics> evaluation = Outcome.evaluation(one);
                if (evaluation.isEmpty()) {
                    return Outcome.nothing(candidate.tuner(), Outcome.notEvaluated(one));
                }
                values.add(evaluation.get());
            }
            if (first && !leavesTime(time.passed() - begun, values.size(), candidate, meter)) {
                folds = values.size();
                break;
            }
        }
        return new Outcome<>(
                null, candidate.tuner(), Tried.mean(values, metric), Tried.mean(values, "loss"), values, "");
    }

    /** Whether the first settings may be tried on another fold: a third of the time for it, and what a training on all needs. */
    private boolean leavesTime(double seconds, int done, Candidate candidate, Meter meter) {
        final double fold = seconds / done;
        final double last = meter.rows() == 0
                ? fold
                : (seconds - meter.seconds()) / done + meter.seconds() / meter.rows() * candidate.cost();
        return seconds + fold <= time.given() / 3 && fold + last <= time.left();
    }
}
