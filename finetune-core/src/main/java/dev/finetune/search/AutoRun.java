package dev.finetune.search;

import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.data.Dataset;
import dev.finetune.data.Split;
import dev.finetune.error.DivergedException;
import dev.finetune.error.FinetuneException;
import dev.finetune.nn.Network;
import dev.finetune.report.LearningRateTest;
import dev.finetune.search.Candidates.Candidate;
import dev.finetune.task.DecidingMetric;
import dev.finetune.task.Task;
import dev.finetune.train.BatchSize;
import dev.finetune.train.TrainingHistory;
import dev.finetune.train.TrainingSettings;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Chooses learning rate, epochs, freezing and batch size for a data set within a time ({@link TimeBudget}): tries the
 * settings as they are, looks for a rate with a short range test, tries what is known to help data of that size ({@link
 * Candidates}), then what a small search (TPE) comes upon, each only if the measured time of a row says that it fits. {@link
 * Scoring} says what they are compared on, {@link Comparison} which is better, {@link Explanation} why. Where time suffices
 * for hardly more than one training, there is a {@link Race} instead.
 *
 * @param <I> the kind of input
 */
final class AutoRun<I> {
    private static final Logger LOG = LoggerFactory.getLogger(Auto.class);
    private static final int SMALL = 400;
    private static final int MOST_ATTEMPTS = 40;
    private static final int MOST_MISSES = 5;
    /** A training at the settings as they are that takes more of the time than this leaves too little for another. */
    private static final double TIGHT = 0.4;

    private static final int PROBED_STEPS = 12;
    private static final int LEFT_OUT_STEPS = 3;
    private static final double SHARE_OF_PROBE = 0.05;
    private static final int RANGE_STEPS = 60;
    private static final int RANGE_BATCH = 16;
    private static final double SHARE_OF_RANGE_TEST = 0.25;

    /** Times the rate that was set: what could be chosen, and ten times that, for its tenth is. */
    private static final double LOWEST_TIMES = 0.25;

    private static final double HIGHEST_TIMES = 10 * Candidates.MOST_TIMES;

    private final FineTuner tuner;
    private final Dataset<I> train;
    private final int rows;
    private final Optional<Dataset<I>> validation;
    private final int layers;
    private final TimeBudget time;
    private final Scoring<I> scoring;
    private final Comparison comparison;
    private final Attempts<I> attempts;

    /** Of data that a head's labels are found in, the part to train on, and the other part, or none. */
    private AutoRun(
            FineTuner tuner, Dataset<I> labelled, Dataset<I> train, Optional<Dataset<I>> validation, TimeBudget time) {
        this.train = train;
        this.rows = Math.toIntExact(train.size().orElseThrow());
        this.validation = validation;
        this.time = time;
        try (FineTuned<I> model = tuner.untrained(labelled)) {
            final Task task = model.assembly().task();
            this.tuner = tuner.head(task.head()); // A rare label may be missing from what one training learns from.
            final String named = tuner.settings().bestMetric();
            final String metric = named.isEmpty() ? task.mainMetric() : named;
            this.scoring =
                    new Scoring<>(train, validation, metric, tuner.settings().seed(), time);
            this.comparison = new Comparison(task.order(metric), scoring::examples);
            validation.ifPresent(data -> DecidingMetric.check(metric, task.labels(), data));
            final Network network = model.assembly().network();
            // Beside an adapter the base is frozen anyway: freezing more of it would change nothing.
            this.layers = network.adaptedLayers().isEmpty() ? network.layers() : 0;
        }
        this.attempts = new Attempts<>(scoring, comparison, time);
    }

    /** Tunes; of data without a validation part, a large one's is held back, and a small one is cross-validated. */
    static <I> AutoResult<I> fit(FineTuner tuner, Dataset<I> dataset, TimeBudget time) {
        checkInMemory(dataset);
        final TrainingSettings settings = tuner.settings();
        final boolean needsPart =
                settings.keepBest().isPresent() || settings.earlyStopping().isPresent();
        if (dataset.size().orElse(0) < SMALL && !needsPart) {
            return new AutoRun<>(tuner, dataset, dataset, Optional.empty(), time).run();
        }
        final Split<I> split = tuner.split(dataset);
        return new AutoRun<>(tuner, dataset, split.train(), Optional.of(split.validation()), time).run();
    }

    /** Tunes, comparing on validation data. */
    static <I> AutoResult<I> fit(FineTuner tuner, Dataset<I> train, Dataset<I> validation, TimeBudget time) {
        checkInMemory(train);
        return new AutoRun<>(tuner, train, train, Optional.of(validation), time).run();
    }

    private static void checkInMemory(Dataset<?> data) {
        if (data.size().isEmpty()) {
            throw new FinetuneException("Automatic tuning needs data in memory, not a stream (" + data.describe()
                    + "): what is tried depends on its size.");
        }
    }

    private AutoResult<I> run() {
        try {
            if (!raced()) {
                compare();
            }
            return result();
        } catch (RuntimeException | Error e) {
            attempts.close();
            throw e;
        }
    }

    private boolean raced() {
        if (validation.isEmpty() || !hasEpochs() || !isTight(validation.get())) {
            return false;
        }
        final double affordable = Race.rows(time); // Before the range test takes its part of the time.
        return new Race(time, candidates(), comparison, attempts)
                .run(affordable, rows, tuner.settings().batchSize().rows());
    }

    private void compare() {
        attempts.attempt(Candidates.defaults(tuner, rows), List.of());
        if (time.isCancelled()) {
            return;
        }
        final Candidates candidates = candidates();
        if (!scoring.givesModel() && time.knowsRow()) {
            comparison.onFolds(scoring.chooseFolds(candidates.usualCost()));
        }
        for (Candidate candidate : candidates.known()) {
            if (attempts.fits(candidate)) {
                attempts.attempt(candidate, List.of());
            } else if (comparison.size() == 1 && time.knowsRow() && hasEpochs()) {
                shortened(candidates);
            }
        }
        search(candidates);
    }

    private boolean hasEpochs() {
        return tuner.settings().maxSteps() == 0;
    }

    private Candidates candidates() {
        return new Candidates(tuner, rows, layers, suggestedRate());
    }

    /** Whether the settings as they are would take most of the time, by what a few steps take. */
    private boolean isTight(Dataset<I> held) {
        final Meter probe = new Meter(time.clock(), LEFT_OUT_STEPS);
        try (FineTuned<I> few = tuner.listener(probe)
                .maxSteps(PROBED_STEPS)
                .evaluation(e -> e.everySteps(0))
                .maxTime(TimeBudget.millis(SHARE_OF_PROBE * time.left()))
                .fit(train, held.limit(1))) { // Settings that keep the best evaluation want one.
            time.learnFromProbe(probe);
        } catch (DivergedException e) {
            return false;
        }
        final double evaluated = held.size().orElse(0) / 3.0; // forward alone
        return time.seconds(0, tuner.settings().epochs() * (rows + evaluated)) > TIGHT * time.left();
    }

    /** What a short range test suggests, on the safe side; the rate as it is where there is no time for one. */
    private double suggestedRate() {
        final double rate = tuner.settings().learningRate();
        final int batch = Math.max(RANGE_BATCH, tuner.settings().batchSize().rows());
        if (time.seconds(1, (double) RANGE_STEPS * batch) > SHARE_OF_RANGE_TEST * time.left()) {
            return rate;
        }
        try {
            final LearningRateTest test = tuner.batchSize(
                            new BatchSize(batch, tuner.settings().batchSize().inParts()))
                    .findLearningRate(
                            train, new LearningRateTest.Range(LOWEST_TIMES * rate, HIGHEST_TIMES * rate, RANGE_STEPS));
            return Math.min(test.suggestion(), test.minimumOverTen());
        } catch (FinetuneException e) {
            LOG.info("The range test said nothing: {}", e.getMessage());
            return rate;
        }
    }

    /** Tries what is most promising for as long as there is time for, if that is a pass over the data at least. */
    private void shortened(Candidates candidates) {
        final double affordable = time.rowsLeft(scoring.models()) / (scoring.passes() + scoring.lastPasses());
        if (affordable >= rows) {
            attempts.attempt(candidates.shortened(affordable), List.of());
        }
    }

    private void search(Candidates candidates) {
        final List<Dimension> dimensions = candidates.dimensions();
        final Proposals proposals = new Proposals(
                new Sampler.Tpe(4, 0.25, 24), dimensions, tuner.settings().seed());
        int misses = 0;
        for (int number = 0; comparison.size() < MOST_ATTEMPTS && misses < MOST_MISSES; number++) {
            final List<Double> places = proposals.next(number, comparison.places());
            final Candidate candidate = candidates.searched(dimensions, places);
            if (attempts.fits(candidate)) {
                attempts.attempt(candidate, places);
                misses = 0;
            } else {
                misses++;
            }
        }
    }

    private AutoResult<I> result() {
        final Tried chosen = comparison.best();
        final Explanation explanation = new Explanation(comparison, time);
        if (Double.isNaN(chosen.attempt().value())) {
            throw new FinetuneException(explanation.nothingCameOfIt());
        }
        if (attempts.model().isEmpty() && time.isCancelled()) {
            throw new FinetuneException(explanation.cancelledTooEarly());
        }
        final double searched = time.passed();
        FineTuner settings = chosen.candidate().tuner();
        if (attempts.model().isEmpty()) {
            final FineTuner timed = Outcome.within(scoring.lastTraining(chosen), settings);
            attempts.keep(timed.fitAll(train));
            settings =
                    Outcome.end(attempts.model().orElseThrow()) == TrainingHistory.End.OUT_OF_TIME ? timed : settings;
        }
        final FineTuned<I> model = attempts.model().orElseThrow();
        return new AutoResult<>(
                model,
                settings,
                comparison.metric(),
                comparison.attempts(),
                chosen.attempt(),
                explanation.reasons(
                        "Data: " + rows + " rows to train on, compared " + scoring.describe(),
                        searched,
                        model.history().orElseThrow()));
    }
}
