package dev.finetune.search;

import dev.finetune.FineTuned;
import dev.finetune.error.DivergedException;
import dev.finetune.error.FinetuneException;
import dev.finetune.search.AutoResult.Attempt;
import dev.finetune.search.Candidates.Candidate;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Trains one candidate after another, and keeps the best model, if there are models. */
final class Attempts<I> implements Race.Entrants, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Auto.class);

    private final Scoring<I> scoring;
    private final Comparison comparison;
    private final TimeBudget time;
    private @Nullable FineTuned<I> best;

    Attempts(Scoring<I> scoring, Comparison comparison, TimeBudget time) {
        this.scoring = scoring;
        this.comparison = comparison;
        this.time = time;
    }

    /** Whether there is time to try it, and to train what is chosen in the end. */
    boolean fits(Candidate candidate) {
        final double chosen =
                comparison.isEmpty() ? 0 : comparison.best().candidate().cost();
        final double reserved = scoring.lastPasses() * Math.max(candidate.cost(), chosen);
        return time.seconds(scoring.models(), scoring.passes() * candidate.cost() + reserved) <= time.left();
    }

    /** Tries something in an equal share of the time. */
    Tried attempt(Candidate candidate, List<Double> places) {
        return attempt(candidate, places, scoring.share());
    }

    @Override
    public Tried enter(Candidate candidate, Duration longest) {
        return attempt(candidate, List.of(), longest);
    }

    @Override
    public Tried enter(Candidate candidate) {
        return attempt(candidate, List.of());
    }

    private Tried attempt(Candidate candidate, List<Double> places, Duration longest) {
        final Meter meter = new Meter(time.clock(), 0);
        final double begun = time.passed();
        final Outcome<I> outcome = train(candidate, longest, meter);
        final double seconds = time.passed() - begun;
        final int trainings = Math.max(1, outcome.folds().size());
        final Tried one = new Tried(
                new Attempt(
                        candidate.name(),
                        candidate.reason() + (outcome.trouble().isEmpty() ? "" : "; " + outcome.trouble()),
                        outcome.value(),
                        outcome.loss(),
                        seconds),
                candidate.trainedBy(outcome.tuner()),
                places,
                outcome.folds(),
                trainings,
                meter);
        if (candidate.isFull()) {
            time.learn(meter, seconds, trainings);
        }
        LOG.info("{}: {} {} {}", candidate.name(), comparison.metric(), outcome.value(), outcome.trouble());
        keepTheBetter(outcome.model(), comparison.add(one));
        return one;
    }

    private void keepTheBetter(@Nullable FineTuned<I> model, boolean better) {
        if (better) {
            close();
            best = model;
        } else if (model != null) {
            model.close();
        }
    }

    /** Keeps a model that what is best was trained to in the end; owned here. */
    void keep(FineTuned<I> model) {
        keepTheBetter(model, true);
    }

    /** Trains; what is refused, other than the settings as they are, comes to nothing, for others may do. */
    private Outcome<I> train(Candidate candidate, Duration longest, Meter meter) {
        try {
            return scoring.train(candidate, longest, meter, comparison.isEmpty());
        } catch (DivergedException e) {
            return Outcome.nothing(candidate.tuner(), "it diverged: " + e.getMessage());
        } catch (FinetuneException e) {
            if (comparison.isEmpty()) {
                throw e;
            }
            return Outcome.nothing(candidate.tuner(), "it was refused: " + e.getMessage());
        }
    }

    /** The model of what is best, if it was trained on validation data; owned here. */
    Optional<FineTuned<I>> model() {
        return Optional.ofNullable(best);
    }

    @Override
    public void close() {
        if (best != null) {
            best.close();
            best = null;
        }
    }
}
