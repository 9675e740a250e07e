package dev.finetune.search;

import dev.finetune.DivergedException;
import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.FinetuneException;
import dev.finetune.data.Dataset;
import dev.finetune.data.Split;
import dev.finetune.metrics.Metrics;
import dev.finetune.search.AutoResult.Attempt;
import dev.finetune.search.Candidates.Candidate;
import dev.finetune.train.StepReport;
import dev.finetune.train.TrainingHistory;
import dev.finetune.train.TrainingListener;
import dev.finetune.train.TrainingSettings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Chooses learning rate, epochs, freezing and batch size for a data set within a time: tries the settings as they are,
 * looks for a rate with a short range test, tries what is known to help data of that size, then what a small search (TPE)
 * comes upon, each only if the measured time of a row says that it fits. What is chosen must be better on validation data
 * than the settings as they are by more than half a standard error, so that it doesn't lose to them by chance.
 *
 * <p>Little data (under 400 rows) is compared by cross-validation, on as many of 4 folds as there is time for (a third of it
 * at most for the settings as they are), and the choice is trained on all of it; more data by the validation part, where
 * each model keeps its best evaluation, and the chosen model is the one that was tried.
 *
 * @param <I> the kind of input
 */
public final class Auto<I> {
    private static final Logger LOG = LoggerFactory.getLogger(Auto.class);
    private static final int SMALL = 400;
    private static final int FOLDS = 4;
    private static final int MOST_ATTEMPTS = 40;
    private static final int WANTED_ATTEMPTS = 5;
    private static final LearningRateTest.Range RANGE = new LearningRateTest.Range(1e-6, 1, 60);

    private final FineTuner tuner;
    private final Dataset<I> train;
    private final Optional<Dataset<I>> validation;
    private final Duration budget;
    private final String metric;
    private final int layers;
    private final long start = System.nanoTime();

    private final List<Tried> tried = new ArrayList<>();
    private @Nullable FineTuned<I> best;
    private @Nullable Tried bestTried;
    private double secondsPerRow;
    private double secondsBesideOne;
    private int comparedFolds = FOLDS;

    /** An attempt, its settings, and where they lie in the search's dimensions, if they were searched. */
    private record Tried(Attempt attempt, Candidate candidate, List<Double> places, List<Metrics> folds) {}

    private Auto(FineTuner tuner, Dataset<I> train, Optional<Dataset<I>> validation, Duration budget) {
        if (train.size().isEmpty()) {
            throw new FinetuneException("Automatic tuning needs data in memory, not a stream (" + train.describe()
                    + "): what is tried depends on its size.");
        }
        this.tuner = tuner;
        this.train = train;
        this.validation = validation;
        this.budget = budget;
        try (FineTuned<I> model = tuner.untrained(train)) {
            this.metric = model.assembly().task().mainMetric();
            this.layers = model.assembly().network().stages().size() - 1;
        }
    }

    /** Tunes; of data without a validation part, a large one's is held back, and a small one is cross-validated. */
    public static <I> AutoResult<I> fit(FineTuner tuner, Dataset<I> dataset, Duration budget) {
        final TrainingSettings settings = tuner.settings();
        final boolean needsPart =
                settings.keepBest() || settings.earlyStopping().isPresent();
        if (dataset.size().orElse(0) < SMALL && !needsPart) {
            return new Auto<>(tuner, dataset, Optional.empty(), budget).run();
        }
        final Split<I> split = tuner.split(dataset);
        return new Auto<>(tuner, split.train(), Optional.of(split.validation()), budget).run();
    }

    /** Tunes, comparing on validation data. */
    public static <I> AutoResult<I> fit(FineTuner tuner, Dataset<I> train, Dataset<I> validation, Duration budget) {
        return new Auto<>(tuner, train, Optional.of(validation), budget).run();
    }

    private AutoResult<I> run() {
        try {
            final int rows = Math.toIntExact(train.size().orElseThrow());
            attempt(Candidates.defaults(tuner, rows), List.of());
            final Candidates candidates = new Candidates(tuner, rows, layers, suggestedRate());
            chooseFolds(candidates);
            for (Candidate candidate : candidates.known()) {
                if (fits(candidate)) {
                    attempt(candidate, List.of());
                } else if (tried.size() == 1 && secondsPerRow > 0) {
                    shortened(candidates, rows);
                }
            }
            search(candidates, tuner.settings().seed());
            return result(rows);
        } catch (RuntimeException | Error e) {
            if (best != null) {
                best.close();
            }
            throw e;
        }
    }

    /** Tries what is most promising for as long as there is time for, if that is a pass over the data at least. */
    private void shortened(Candidates candidates, int rows) {
        final double affordable = 0.9 * (left() - secondsBeside()) / secondsPerRow / (folds() + reserved());
        if (affordable >= rows) {
            attempt(candidates.shortened(affordable), List.of());
        }
    }

    /** What a short range test suggests, on the safe side; the rate as it is where there is no time for one. */
    private double suggestedRate() {
        final double rate = tuner.settings().learningRate();
        final long rows = (long) RANGE.steps() * tuner.settings().batchSize();
        if (secondsPerRow * rows + secondsBesideOne > left() / 4) {
            return rate;
        }
        try {
            final LearningRateTest test = tuner.findLearningRate(train, RANGE);
            return Math.min(test.suggestion(), test.minimumOverTen());
        } catch (FinetuneException e) {
            LOG.info("The range test said nothing: {}", e.getMessage());
            return rate;
        }
    }

    /** Compares on as many folds as leave time to try several settings; the first one was tried on all of them. */
    private void chooseFolds(Candidates candidates) {
        if (validation.isEmpty() && secondsPerRow > 0) {
            final double fold = secondsPerRow * candidates.usualCost() * (FOLDS - 1) / FOLDS;
            comparedFolds = (int) Math.max(1, Math.min(comparedFolds, Math.floor(left() / (WANTED_ATTEMPTS * fold))));
            final Tried first = onComparedFolds(Objects.requireNonNull(bestTried));
            tried.set(0, first);
            bestTried = first;
        }
    }

    private Tried onComparedFolds(Tried one) {
        if (Double.isNaN(one.attempt.value())) {
            return one;
        }
        final List<Metrics> some = one.folds.subList(0, comparedFolds);
        return new Tried(
                new Attempt(
                        one.attempt.name(),
                        one.attempt.reason(),
                        mean(some, metric),
                        mean(some, "loss"),
                        one.attempt.seconds()),
                one.candidate,
                one.places,
                some);
    }

    /** Adds up the time of trainings and the rows that they saw. */
    private static final class Meter implements TrainingListener {
        private double seconds;
        private long rows;

        @Override
        public void stepped(StepReport report) {
            rows += report.rows();
        }

        @Override
        public void finished(TrainingHistory history) {
            seconds += history.seconds();
        }
    }

    private void search(Candidates candidates, long seed) {
        final List<Dimension> dimensions = candidates.dimensions();
        final Proposals proposals = new Proposals(new Sampler.Tpe(4, 0.25, 24), dimensions, seed);
        int misses = 0;
        for (int number = 0; tried.size() < MOST_ATTEMPTS && misses < 5; number++) {
            final List<List<Double>> ranked = tried.stream()
                    .filter(one -> !one.places.isEmpty())
                    .sorted(Comparator.comparing(Tried::attempt, this::compare))
                    .map(Tried::places)
                    .toList();
            final List<Double> places = proposals.next(number, ranked);
            final Candidate candidate = candidates.searched(dimensions, places);
            if (fits(candidate)) {
                attempt(candidate, places);
                misses = 0;
            } else {
                misses++;
            }
        }
    }

    /** Whether there is time to try it, and to train what is chosen in the end. */
    private boolean fits(Candidate candidate) {
        final double reserve =
                reserved() * Math.max(candidate.cost(), bestTried == null ? 0 : bestTried.candidate.cost());
        return secondsBeside() + secondsPerRow * (folds() * candidate.cost() + reserve) <= left();
    }

    /** What is done beside training, to try something and to train what is chosen in the end. */
    private double secondsBeside() {
        return secondsBesideOne * (validation.isPresent() ? 1 : comparedFolds + 1);
    }

    /** How often the training data is trained on to try something: so many times without a quarter of it. */
    private double folds() {
        return validation.isPresent() ? 1 : comparedFolds * (FOLDS - 1.0) / FOLDS;
    }

    /** How often it is trained on in the end. */
    private double reserved() {
        return validation.isPresent() ? 0 : 1;
    }

    private double left() {
        return budget.toNanos() / 1e9 - (System.nanoTime() - start) / 1e9;
    }

    /** Milliseconds for one of so many trainings in the time that is left. */
    private Duration share(int trainings) {
        return Duration.ofMillis(Math.max(1, (long) (1000 * left() / trainings)));
    }

    private void attempt(Candidate candidate, List<Double> places) {
        final Meter meter = new Meter();
        final long begun = System.nanoTime();
        final List<Metrics> folds = new ArrayList<>();
        FineTuned<I> model = null;
        double value = Double.NaN;
        double loss = Double.NaN;
        try {
            final FineTuner timed =
                    candidate.tuner().listener(meter).maxTime(share(validation.isPresent() ? 1 : comparedFolds + 2));
            if (validation.isPresent()) {
                model = (tried.isEmpty() ? timed : timed.keepBest()).fit(train, validation.get());
                value = model.evaluation().get(metric);
                loss = model.evaluation().get("loss");
            } else {
                for (Split<I> fold : train.folds(FOLDS, tuner.settings().seed()).subList(0, comparedFolds)) {
                    try (FineTuned<I> one = timed.fit(fold.train(), fold.validation())) {
                        folds.add(one.evaluation());
                    }
                    if (tried.isEmpty()
                            && !leavesTime((System.nanoTime() - begun) / 1e9, folds.size(), candidate, meter)) {
                        comparedFolds = folds.size();
                        break;
                    }
                }
                value = mean(folds, metric);
                loss = mean(folds, "loss");
            }
        } catch (DivergedException e) {
            LOG.info("{} diverged: {}", candidate.name(), e.getMessage());
        }
        final Tried one = new Tried(
                new Attempt(candidate.name(), candidate.reason(), value, loss, (System.nanoTime() - begun) / 1e9),
                candidate,
                places,
                folds);
        clock(one, meter);
        tried.add(one);
        LOG.info("{}: {} {}", candidate.name(), metric, value);
        if (bestTried == null || isBetter(one)) {
            if (best != null) {
                best.close();
            }
            best = model;
            bestTried = one;
        } else if (model != null) {
            model.close();
        }
    }

    /** Whether the first settings may be tried on another fold: a third of the time for it, and what a training on all needs. */
    private boolean leavesTime(double seconds, int done, Candidate candidate, Meter meter) {
        final double fold = seconds / done;
        final double last = meter.rows == 0
                ? fold
                : (seconds - meter.seconds) / done + meter.seconds / meter.rows * candidate.cost();
        return seconds + fold <= budget.toNanos() / 1e9 / 3 && fold + last <= left();
    }

    private static double mean(List<Metrics> folds, String metric) {
        return folds.stream().mapToDouble(one -> one.get(metric)).average().orElse(Double.NaN);
    }

    /** Learns how long a row takes, and what is done beside training; the first training is a slow one. */
    private void clock(Tried one, Meter meter) {
        if (one.candidate.isFull() && meter.rows > 0) {
            final double row = meter.seconds / meter.rows;
            final double beside = (one.attempt.seconds() - meter.seconds) / Math.max(1, one.folds.size());
            secondsPerRow = tried.isEmpty() ? row : Math.min(secondsPerRow, row);
            secondsBesideOne = tried.isEmpty() ? beside : Math.min(secondsBesideOne, beside);
        }
    }

    /** The better first: by the metric, then by the loss; what diverged is last. */
    private int compare(Attempt a, Attempt b) {
        final int byMetric = Leaderboard.order(metric).compare(a.value(), b.value());
        return byMetric != 0 ? byMetric : Leaderboard.order("loss").compare(a.loss(), b.loss());
    }

    private boolean isBetter(Tried one) {
        final Tried defaults = tried.get(0);
        final Tried before = Objects.requireNonNull(bestTried);
        if (Double.isNaN(defaults.attempt.value())) {
            return compare(one.attempt, before.attempt) < 0;
        }
        final double gain =
                (one.attempt.value() - defaults.attempt.value()) * (Metrics.higherIsBetter(metric) ? 1 : -1);
        return gain > margin() && compare(one.attempt, before.attempt) < 0;
    }

    /** Half a standard error of the defaults' value, if it is a share of examples; else a hundredth of it. */
    private double margin() {
        final double value = tried.get(0).attempt.value();
        final double examples = validation.isPresent()
                ? validation.get().size().orElse(1)
                : train.size().orElse(1) * (double) comparedFolds / FOLDS;
        return value >= 0 && value <= 1 && Metrics.higherIsBetter(metric)
                ? 0.5 * Math.sqrt(value * (1 - value) / examples)
                : 0.01 * Math.abs(value);
    }

    private AutoResult<I> result(int rows) {
        final Tried chosen = Objects.requireNonNull(bestTried);
        if (Double.isNaN(chosen.attempt.value())) {
            throw new FinetuneException("Every training that was tried diverged. Look at the data (numbers that aren't "
                    + "finite?), or begin with a lower learning rate.");
        }
        final double searched = (System.nanoTime() - start) / 1e9;
        final FineTuned<I> model =
                best != null ? best : chosen.candidate.tuner().maxTime(share(1)).fitAll(train);
        return new AutoResult<>(
                model,
                chosen.candidate.tuner(),
                metric,
                tried.stream().map(Tried::attempt).toList(),
                chosen.attempt,
                reasons(rows, chosen.attempt, searched));
    }

    private List<String> reasons(int rows, Attempt chosen, double searched) {
        final List<String> lines = new ArrayList<>();
        lines.add("Data: " + rows + " rows to train on, compared "
                + (validation.isPresent()
                        ? "on " + validation.get().size().orElse(-1) + " rows of validation data."
                        : "by cross-validation, on " + comparedFolds + " of " + FOLDS
                                + " folds, for a part of it would be too small to judge by;"
                                + " the chosen settings were then trained on all of it."));
        lines.add(String.format(
                Locale.ROOT,
                "Time: %.0f s were given; training on a row takes %.2g s, so %d settings were tried in %.1f s.",
                budget.toNanos() / 1e9,
                secondsPerRow,
                tried.size(),
                searched));
        final Attempt defaults = tried.get(0).attempt;
        lines.add(
                chosen.equals(defaults)
                        ? String.format(
                                Locale.ROOT,
                                "Chosen: the settings as they are. Nothing had a better %s than their %.4f by more than "
                                        + "%.4f, half a standard error or so.",
                                metric,
                                defaults.value(),
                                margin())
                        : String.format(
                                Locale.ROOT,
                                "Chosen: %s, for its %s of %.4f is the best, against %.4f of the settings as they were, "
                                        + "and better by more than chance would have it (%.4f). Reason: %s.",
                                chosen.name(),
                                metric,
                                chosen.value(),
                                defaults.value(),
                                margin(),
                                chosen.reason()));
        return lines;
    }
}
