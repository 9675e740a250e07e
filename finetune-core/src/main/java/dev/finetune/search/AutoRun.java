package dev.finetune.search;

import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.data.Dataset;
import dev.finetune.data.Split;
import dev.finetune.error.DivergedException;
import dev.finetune.error.FinetuneException;
import dev.finetune.metrics.MetricOrder;
import dev.finetune.metrics.Metrics;
import dev.finetune.nn.Network;
import dev.finetune.report.LearningRateTest;
import dev.finetune.search.AutoResult.Attempt;
import dev.finetune.search.Candidates.Candidate;
import dev.finetune.task.DecidingMetric;
import dev.finetune.task.Task;
import dev.finetune.train.BatchSize;
import dev.finetune.train.TrainingHistory;
import dev.finetune.train.TrainingSettings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
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
 * <p>Where more data leaves time for hardly more than one training, the settings as they are and the rate of the range test
 * learn for a tenth of the time each, and the one with the lower validation loss has the rest; if that is less than two
 * passes over the data, the head alone is tried before.
 *
 * @param <I> the kind of input
 */
final class AutoRun<I> {
    private static final Logger LOG = LoggerFactory.getLogger(Auto.class);
    private static final MetricOrder LOSS = new MetricOrder("loss", false);
    private static final int SMALL = 400;
    private static final int FOLDS = 4;
    private static final int MOST_ATTEMPTS = 40;
    private static final int WANTED_ATTEMPTS = 5;
    /** A training at the settings as they are that takes more of the time than this leaves too little for another. */
    private static final double TIGHT = 0.4;

    private static final double SHARE_OF_RACE = 0.1;
    /** Where there is time for fewer passes over the data, the head alone, which takes one, is tried too. */
    private static final int FEW_PASSES = 2;

    private static final int PROBED_STEPS = 12;
    private static final int LEFT_OUT_STEPS = 3;
    private static final int FEWEST_RACED_STEPS = 10;
    private static final int RANGE_STEPS = 60;
    private static final int RANGE_BATCH = 16;

    /** Times the rate that was set: what could be chosen, and ten times that, for its tenth is. */
    private static final double LOWEST_TIMES = 0.25;

    private static final double HIGHEST_TIMES = 10 * Candidates.MOST_TIMES;

    private final FineTuner tuner;
    private final Dataset<I> train;
    private final Optional<Dataset<I>> validation;
    private final Allowance time;
    private final String metric;
    private final MetricOrder order;
    private final int layers;

    private final List<Tried> tried = new ArrayList<>();
    private @Nullable FineTuned<I> best;
    private @Nullable Tried bestTried;
    private double secondsPerRow;
    private double secondsBesideOne;
    private int comparedFolds = FOLDS;
    private boolean raced;

    /**
     * An attempt, its settings, and where they lie in the search's dimensions, if they were searched.
     *
     * @param candidate what it was trained with
     * @param folds the metrics of each fold, where it was cross-validated
     * @param trainings how many models were trained for it
     */
    private record Tried(
            Attempt attempt,
            Candidate candidate,
            List<Double> places,
            List<Metrics> folds,
            int trainings,
            Meter meter) {}

    /** Of data that a head's labels are found in, the part to train on, and the other part, or none. */
    private AutoRun(
            FineTuner tuner, Dataset<I> labelled, Dataset<I> train, Optional<Dataset<I>> validation, Allowance time) {
        this.train = train;
        this.validation = validation;
        this.time = time;
        try (FineTuned<I> model = tuner.untrained(labelled)) {
            final Task task = model.assembly().task();
            this.tuner = tuner.head(task.head()); // A rare label may be missing from what one training learns from.
            this.metric = tuner.settings().bestMetric().isEmpty()
                    ? task.mainMetric()
                    : tuner.settings().bestMetric();
            this.order = task.order(metric);
            validation.ifPresent(data -> DecidingMetric.check(metric, task.labels(), data));
            final Network network = model.assembly().network();
            // Beside an adapter the base is frozen anyway: freezing more of it would change nothing.
            this.layers = network.adaptedLayers().isEmpty() ? network.stages().size() - 1 : 0;
        }
    }

    /** Tunes; of data without a validation part, a large one's is held back, and a small one is cross-validated. */
    static <I> AutoResult<I> fit(FineTuner tuner, Dataset<I> dataset, Allowance time) {
        checkInMemory(dataset);
        final TrainingSettings settings = tuner.settings();
        final boolean needsPart =
                settings.keepBest() || settings.earlyStopping().isPresent();
        if (dataset.size().orElse(0) < SMALL && !needsPart) {
            return new AutoRun<>(tuner, dataset, dataset, Optional.empty(), time).run();
        }
        final Split<I> split = tuner.split(dataset);
        return new AutoRun<>(tuner, dataset, split.train(), Optional.of(split.validation()), time).run();
    }

    /** Tunes, comparing on validation data. */
    static <I> AutoResult<I> fit(FineTuner tuner, Dataset<I> train, Dataset<I> validation, Allowance time) {
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
            final int rows = Math.toIntExact(train.size().orElseThrow());
            final boolean hasEpochs = tuner.settings().maxSteps() == 0;
            if (!(validation.isPresent() && hasEpochs && isTight(rows) && race(rows))) {
                compare(rows);
            }
            return result(rows);
        } catch (RuntimeException | Error e) {
            if (best != null) {
                best.close();
            }
            throw e;
        }
    }

    private void compare(int rows) {
        attempt(Candidates.defaults(tuner, rows), List.of());
        if (time.isCancelled()) {
            return;
        }
        final Candidates candidates = new Candidates(tuner, rows, layers, suggestedRate());
        chooseFolds(candidates);
        for (Candidate candidate : candidates.known()) {
            if (fits(candidate)) {
                attempt(candidate, List.of());
            } else if (tried.size() == 1
                    && secondsPerRow > 0
                    && tuner.settings().maxSteps() == 0) {
                shortened(candidates, rows);
            }
        }
        search(candidates, tuner.settings().seed());
    }

    /** Whether the settings as they are would take most of the time, by what a few steps take. */
    private boolean isTight(int rows) {
        final Dataset<I> held = validation.orElseThrow();
        final Meter probe = new Meter(time.clock(), LEFT_OUT_STEPS);
        try (FineTuned<I> few = tuner.listener(probe)
                .maxSteps(PROBED_STEPS)
                .evaluateEvery(0)
                .maxTime(Duration.ofMillis(Math.max(1, (long) (50 * time.left()))))
                .fit(train, held.limit(1))) { // Settings that keep the best evaluation want one.
            secondsPerRow = probe.rows() == 0 ? 0 : probe.secondsOfRow();
        } catch (DivergedException e) {
            return false;
        }
        final double evaluated = held.size().orElse(0) / 3.0; // forward alone
        return secondsPerRow * tuner.settings().epochs() * (rows + evaluated) > TIGHT * time.left();
    }

    /**
     * The settings as they are against the rate of the range test.
     *
     * @return whether it was run: not where the range test finds no other rate, or where a tenth of the time is too short
     */
    private boolean race(int rows) {
        final double affordable = SHARE_OF_RACE * time.left() / secondsPerRow;
        final double found = suggestedRate();
        final Candidates candidates = new Candidates(tuner, rows, layers, found);
        if (!candidates.differ()
                || affordable < FEWEST_RACED_STEPS * tuner.settings().batchSize()) {
            return false;
        }
        final Duration longest = share((int) Math.round(0.5 / SHARE_OF_RACE)); // Twice its share.
        final Tried asSet = attempt(candidates.asSetWithin(affordable), List.of(), longest);
        if (time.isCancelled()) {
            return true;
        }
        raced = true;
        final Tried other = attempt(candidates.shortened(affordable), List.of(), longest);
        final boolean otherWins = other.attempt.loss() < asSet.attempt.loss() || Double.isNaN(asSet.attempt.loss());
        final Meter measured = (otherWins ? other : asSet).meter;
        if (affordableRows(measured, rows) < FEW_PASSES * rows) {
            candidates
                    .headOnly()
                    .filter(head -> measured.secondsOfRow() * head.cost() < 0.6 * time.left())
                    .ifPresent(head -> attempt(head, List.of(), share(2)));
        }
        final double rest = affordableRows(measured, rows);
        if (rest > affordable) {
            attempt(otherWins ? candidates.shortened(rest) : candidates.asSetWithin(rest), List.of());
        }
        return true;
    }

    /** How many rows there is time left to train on, with an evaluation each epoch, as a short training measured it. */
    private double affordableRows(Meter measured, int rows) {
        final double evaluation = measured.evaluationSeconds();
        return 0.9 * (time.left() - secondsBesideOne - evaluation) / (measured.secondsOfRow() + evaluation / rows);
    }

    /** Tries what is most promising for as long as there is time for, if that is a pass over the data at least. */
    private void shortened(Candidates candidates, int rows) {
        final double affordable = 0.9 * (time.left() - secondsBeside()) / secondsPerRow / (folds() + reserved());
        if (affordable >= rows) {
            attempt(candidates.shortened(affordable), List.of());
        }
    }

    /** What a short range test suggests, on the safe side; the rate as it is where there is no time for one. */
    private double suggestedRate() {
        final double rate = tuner.settings().learningRate();
        final int batch = Math.max(RANGE_BATCH, tuner.settings().batchSize());
        final long rows = (long) RANGE_STEPS * batch;
        if (secondsPerRow * rows + secondsBesideOne > time.left() / 4) {
            return rate;
        }
        try {
            final LearningRateTest test = tuner.batchSize(
                            new BatchSize(batch, tuner.settings().batchesInParts()))
                    .findLearningRate(
                            train, new LearningRateTest.Range(LOWEST_TIMES * rate, HIGHEST_TIMES * rate, RANGE_STEPS));
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
            comparedFolds =
                    (int) Math.max(1, Math.min(comparedFolds, Math.floor(time.left() / (WANTED_ATTEMPTS * fold))));
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
                some,
                one.trainings,
                one.meter);
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
        return secondsBeside() + secondsPerRow * (folds() * candidate.cost() + reserve) <= time.left();
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

    /** Milliseconds for one of so many trainings in the time that is left. */
    private Duration share(int trainings) {
        return Duration.ofMillis(Math.max(1, (long) (1000 * time.left() / trainings)));
    }

    private Tried attempt(Candidate candidate, List<Double> places) {
        return attempt(candidate, places, share(validation.isPresent() ? 1 : comparedFolds + 2));
    }

    private Tried attempt(Candidate candidate, List<Double> places, Duration longest) {
        final Meter meter = new Meter(time.clock(), 0);
        final double begun = time.passed();
        final Outcome<I> outcome = train(candidate, longest, meter);
        final Tried one = new Tried(
                new Attempt(
                        candidate.name(),
                        candidate.reason() + (outcome.trouble().isEmpty() ? "" : "; " + outcome.trouble()),
                        outcome.value(),
                        outcome.loss(),
                        time.passed() - begun),
                candidate.trainedBy(outcome.tuner()),
                places,
                outcome.folds(),
                Math.max(1, outcome.folds().size()),
                meter);
        learnTime(one);
        tried.add(one);
        LOG.info("{}: {} {} {}", candidate.name(), metric, outcome.value(), outcome.trouble());
        if (bestTried == null || isBetter(one)) {
            if (best != null) {
                best.close();
            }
            best = outcome.model();
            bestTried = one;
        } else if (outcome.model() != null) {
            outcome.model().close();
        }
        return one;
    }

    /** Trains; what is refused, other than the settings as they are, comes to nothing, for others may do. */
    private Outcome<I> train(Candidate candidate, Duration longest, Meter meter) {
        try {
            return validation.isPresent()
                    ? trainOnce(candidate.tuner(), validation.get(), longest, meter)
                    : crossValidate(candidate, longest, meter);
        } catch (DivergedException e) {
            return Outcome.nothing(candidate.tuner(), "it diverged: " + e.getMessage());
        } catch (FinetuneException e) {
            if (tried.isEmpty()) {
                throw e;
            }
            return Outcome.nothing(candidate.tuner(), "it was refused: " + e.getMessage());
        }
    }

    /** The settings as they are keep what they say; all others their best evaluation. */
    private Outcome<I> trainOnce(FineTuner settings, Dataset<I> held, Duration longest, Meter meter) {
        final FineTuner keeping = tried.isEmpty() ? settings : settings.keepBest(metric);
        final FineTuner timed = Outcome.within(longest, keeping);
        return Outcome.of(timed.listener(meter).fit(train, held), keeping, timed, metric);
    }

    private Outcome<I> crossValidate(Candidate candidate, Duration longest, Meter meter) {
        final double begun = time.passed();
        final FineTuner timed = Outcome.within(longest, candidate.tuner()).listener(meter);
        final List<Metrics> folds = new ArrayList<>();
        for (Split<I> fold : train.folds(FOLDS, tuner.settings().seed()).subList(0, comparedFolds)) {
            try (FineTuned<I> one = timed.fit(fold.train(), fold.validation())) {
                final Optional<Metrics> evaluation = Outcome.evaluation(one);
                if (evaluation.isEmpty()) {
                    return Outcome.nothing(candidate.tuner(), Outcome.notEvaluated(one));
                }
                folds.add(evaluation.get());
            }
            if (tried.isEmpty() && !leavesTime(time.passed() - begun, folds.size(), candidate, meter)) {
                comparedFolds = folds.size();
                break;
            }
        }
        return new Outcome<>(null, candidate.tuner(), mean(folds, metric), mean(folds, "loss"), folds, "");
    }

    /** Whether the first settings may be tried on another fold: a third of the time for it, and what a training on all needs. */
    private boolean leavesTime(double seconds, int done, Candidate candidate, Meter meter) {
        final double fold = seconds / done;
        final double last = meter.rows() == 0
                ? fold
                : (seconds - meter.seconds()) / done + meter.seconds() / meter.rows() * candidate.cost();
        return seconds + fold <= time.given() / 3 && fold + last <= time.left();
    }

    private static double mean(List<Metrics> folds, String metric) {
        return folds.stream().mapToDouble(one -> one.get(metric)).average().orElse(Double.NaN);
    }

    /** Learns how long a row takes, and what is done beside training; the first training is a slow one. */
    private void learnTime(Tried one) {
        final Meter meter = one.meter;
        if (one.candidate.isFull() && meter.rows() > 0) {
            final double row = meter.seconds() / meter.rows();
            final double beside = (one.attempt.seconds() - meter.seconds()) / one.trainings;
            secondsPerRow = tried.isEmpty() ? row : Math.min(secondsPerRow, row);
            secondsBesideOne = tried.isEmpty() ? beside : Math.min(secondsBesideOne, beside);
        }
    }

    /** The better first: by the metric, then by the loss; what diverged is last. */
    private int compare(Attempt a, Attempt b) {
        final int byMetric = order.compare(a.value(), b.value());
        return byMetric != 0 ? byMetric : LOSS.compare(a.loss(), b.loss());
    }

    private boolean isBetter(Tried one) {
        final Tried defaults = tried.get(0);
        final Tried before = Objects.requireNonNull(bestTried);
        if (raced || Double.isNaN(defaults.attempt.value())) {
            return compare(one.attempt, before.attempt) < 0;
        }
        final double gain = (one.attempt.value() - defaults.attempt.value()) * (order.higherIsBetter() ? 1 : -1);
        return gain > margin() && compare(one.attempt, before.attempt) < 0;
    }

    /** Half a standard error of the defaults' value, if it is a share of examples; else a hundredth of it. */
    private double margin() {
        final double value = tried.get(0).attempt.value();
        final double examples = validation.isPresent()
                ? validation.get().size().orElse(1)
                : train.size().orElse(1) * (double) comparedFolds / FOLDS;
        return value >= 0 && value <= 1 && order.higherIsBetter()
                ? 0.5 * Math.sqrt(value * (1 - value) / examples)
                : 0.01 * Math.abs(value);
    }

    private AutoResult<I> result(int rows) {
        final Tried chosen = Objects.requireNonNull(bestTried);
        if (Double.isNaN(chosen.attempt.value())) {
            throw new FinetuneException(nothingCameOfIt());
        }
        if (best == null && time.isCancelled()) {
            throw new FinetuneException(
                    "Automatic tuning was cancelled before a model was trained on all of the data; of"
                            + " the settings that were cross-validated by then the best were " + chosen.attempt.name()
                            + " ("
                            + metric + " " + chosen.attempt.value() + ").");
        }
        final double searched = time.passed();
        FineTuner settings = chosen.candidate.tuner();
        if (best == null) {
            final FineTuner timed = Outcome.within(lastTraining(chosen), settings);
            best = timed.fitAll(train);
            settings = Outcome.end(best) == TrainingHistory.End.OUT_OF_TIME ? timed : settings;
        }
        return new AutoResult<>(
                best,
                settings,
                metric,
                tried.stream().map(Tried::attempt).toList(),
                chosen.attempt,
                reasons(rows, chosen.attempt, searched, best));
    }

    private String nothingCameOfIt() {
        if (time.isCancelled()) {
            return "Automatic tuning was cancelled before any training came to its end, so there is no model. A training of"
                    + " fit(...) that is cancelled keeps what it learned.";
        }
        return "None of the trainings that were tried came to a result: "
                + tried.stream()
                        .map(one -> one.attempt.name() + " (" + one.attempt.reason() + ")")
                        .collect(Collectors.joining(", "))
                + ". Where they diverged, look at the data (numbers that aren't finite?), or begin with a lower learning"
                + " rate; where their time was up, give more, or leave evaluateEvery(...) out.";
    }

    /** How long the chosen settings may train on all of the data: no less than where a fold was left out. */
    private Duration lastTraining(Tried chosen) {
        final double one = chosen.attempt.seconds() / chosen.trainings * FOLDS / (FOLDS - 1);
        return Duration.ofMillis(Math.max(1, (long) (1000 * Math.max(one, time.left()))));
    }

    private List<String> reasons(int rows, Attempt chosen, double searched, FineTuned<I> model) {
        final List<String> lines = new ArrayList<>(choice(rows, chosen, searched));
        if (time.isCancelled()) {
            lines.add("It was cancelled: this is the best by then.");
        }
        final TrainingHistory.End end = Outcome.end(model);
        if (end == TrainingHistory.End.OUT_OF_TIME || end == TrainingHistory.End.CANCELLED) {
            lines.add("The model's training was stopped after "
                    + model.history().orElseThrow().steps().size() + " steps, for "
                    + (end == TrainingHistory.End.CANCELLED ? "it was cancelled." : "its time was up."));
        }
        return lines;
    }

    private List<String> choice(int rows, Attempt chosen, double searched) {
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
                time.given(),
                secondsPerRow,
                tried.size(),
                searched));
        final Attempt defaults = tried.get(0).attempt;
        if (raced) {
            final Attempt other = tried.get(1).attempt;
            lines.add(String.format(
                    Locale.ROOT,
                    "Chosen: %s, for its %s of %.4f is the best. A whole training with the settings as they are would have "
                            + "taken most of the time, so they and the rate that the range test found learned for a tenth "
                            + "of it each, to a loss of %.4f and %.4f, and the better one had what was left.",
                    chosen.name(),
                    metric,
                    chosen.value(),
                    defaults.loss(),
                    other.loss()));
            return lines;
        }
        if (Double.isNaN(defaults.value())) {
            lines.add(String.format(
                    Locale.ROOT,
                    "Chosen: %s, for its %s of %.4f is the best. Nothing came of the settings as they were.",
                    chosen.name(),
                    metric,
                    chosen.value()));
            return lines;
        }
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
