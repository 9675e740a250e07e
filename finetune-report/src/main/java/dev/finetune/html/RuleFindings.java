package dev.finetune.html;

import dev.finetune.data.Finding;
import dev.finetune.metrics.CalibrationError;
import dev.finetune.metrics.Interval;
import dev.finetune.metrics.Metrics;
import dev.finetune.record.DataPart;
import dev.finetune.record.FitRecord;
import dev.finetune.record.Lengths;
import dev.finetune.record.Outcome;
import dev.finetune.train.EpochReport;
import dev.finetune.train.StepReport;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.ToDoubleFunction;

/** What the rules look for, each in a sentence where it is found. */
final class RuleFindings {
    private static final int FEW_STEPS = 20;
    private static final String AUROC = "auroc";

    /** An AUROC of several classes has no interval. */
    private static final double MOST_BY_CHANCE = 0.6;

    private RuleFindings() {}

    static Optional<String> inData(FitRecord fit, Finding.Code code) {
        return fit.findings().stream()
                .filter(finding -> finding.code() == code)
                .map(finding -> firstSentence(finding.withoutText()))
                .findFirst();
    }

    private static String firstSentence(String text) {
        final int end = text.indexOf(". ");
        return end < 0 ? text : text.substring(0, end + 1);
    }

    static Optional<String> nothingLearned(FitRecord fit) {
        return noBetterThanTheMostFrequent(fit)
                .filter(any -> !ranksClasses(fit))
                .or(() -> noTagFound(fit));
    }

    static Optional<String> decidesBadly(FitRecord fit) {
        return noBetterThanTheMostFrequent(fit)
                .filter(any -> ranksClasses(fit))
                .map(finding -> finding + " The AUROC is "
                        + Told.number(fit.evaluation().orElseThrow().get(AUROC)) + ".");
    }

    private static Optional<String> noTagFound(FitRecord fit) {
        return fit.evaluation()
                .filter(metrics -> fit.model().kind().equals("Tokens"))
                .filter(metrics -> metrics.names().contains("f1") && metrics.get("f1") == 0)
                .map(metrics -> "Nothing that is tagged was found, as the F1 of 0 says.");
    }

    /** Whether probabilities tell classes apart by more than chance. */
    private static boolean ranksClasses(FitRecord fit) {
        return fit.evaluation()
                .filter(metrics -> metrics.names().contains(AUROC))
                .map(metrics -> metrics.interval(AUROC)
                        .map(interval -> interval.low() > 0.5)
                        .orElseGet(() -> metrics.get(AUROC) > MOST_BY_CHANCE))
                .orElse(false);
    }

    private static Optional<String> noBetterThanTheMostFrequent(FitRecord fit) {
        final Optional<Interval> accuracy = fit.evaluation().flatMap(metrics -> metrics.interval("accuracy"));
        final Optional<DataPart> part = fit.data().stream()
                .filter(each ->
                        each.name().equals("validation") && !each.classes().isEmpty())
                .findFirst();
        final boolean isOfClasses = fit.evaluation().flatMap(Metrics::confusion).isPresent();
        if (accuracy.isEmpty() || part.isEmpty() || !isOfClasses) {
            return Optional.empty();
        }
        final long all = part.get().classes().values().stream()
                .mapToLong(Long::longValue)
                .sum();
        final double share = (double) Collections.max(part.get().classes().values()) / all;
        final double found = fit.evaluation().orElseThrow().get("accuracy");
        return accuracy.get().low() > share
                ? Optional.empty()
                : Optional.of("An accuracy of " + Told.percent(found) + " is no better than always saying the most"
                        + " frequent class, " + Told.percent(share) + ", by more than chance.");
    }

    static Optional<String> lossesPart(FitRecord fit) {
        return Parting.in(fit.course())
                .map(parting -> "Training and validation loss part after step "
                        + Told.count(parting.from().step()) + ".");
    }

    static Optional<String> stillLearning(FitRecord fit) {
        final List<EpochReport> all = fit.course().evaluations();
        if (all.size() < 2 || fit.course().failure().isPresent()) {
            return Optional.empty();
        }
        final double last = Parting.loss(all.get(all.size() - 1));
        final double before = all.subList(0, all.size() - 1).stream()
                .mapToDouble(Parting::loss)
                .filter(Double::isFinite)
                .min()
                .orElse(Double.NaN);
        return last < 0.98 * before
                ? Optional.of("The validation loss was still falling in the end, from " + Told.number(before) + " to "
                        + Told.number(last) + ".")
                : Optional.empty();
    }

    static Optional<String> lossHardlyFalls(FitRecord fit) {
        final List<StepReport> steps = fit.course().steps();
        if (steps.size() < FEW_STEPS
                || nothingLearned(fit).isPresent()
                || lossRose(fit).isPresent()) {
            return Optional.empty();
        }
        final int tenth = Math.max(2, steps.size() / 10);
        final double first = mean(steps.subList(0, tenth));
        final double last = mean(steps.subList(steps.size() - tenth, steps.size()));
        return last > 0.9 * first
                ? Optional.of(
                        "The training loss hardly fell, from " + Told.number(first) + " to " + Told.number(last) + ".")
                : Optional.empty();
    }

    private static double mean(List<StepReport> steps) {
        return steps.stream().mapToDouble(StepReport::loss).average().orElse(Double.NaN);
    }

    static Optional<String> lossRose(FitRecord fit) {
        final List<StepReport> steps = fit.course().steps();
        if (steps.size() < FEW_STEPS) {
            return Optional.empty();
        }
        final double first = steps.get(0).loss();
        final double last = mean(steps.subList(steps.size() - Math.max(2, steps.size() / 10), steps.size()));
        return last > 2 * first
                ? Optional.of("The training loss rose, from " + Told.number(first) + " to " + Told.number(last) + ".")
                : Optional.empty();
    }

    static Optional<String> gradientsSpike(FitRecord fit) {
        final ToDoubleFunction<StepReport> norm = StepReport::gradientNorm;
        final List<StepReport> sorted = fit.course().steps().stream()
                .filter(step -> Double.isFinite(step.gradientNorm()))
                .sorted(Comparator.comparingDouble(norm))
                .toList();
        if (sorted.size() < FEW_STEPS) {
            return Optional.empty();
        }
        final double median = norm.applyAsDouble(sorted.get(sorted.size() / 2));
        final StepReport highest = sorted.get(sorted.size() - 1);
        return highest.gradientNorm() > 20 * median
                ? Optional.of("The gradients' norm was " + Told.number(highest.gradientNorm()) + " in step "
                        + Told.count(highest.step()) + ", and " + Told.number(median) + " in half of the steps.")
                : Optional.empty();
    }

    static Optional<String> tooFewToTell(FitRecord fit) {
        final String name = fit.model().mainMetric();
        return fit.evaluation()
                .flatMap(metrics -> metrics.interval(name)
                        .filter(interval -> interval.high() - interval.low() > (interval.high() > 1 ? 10 : 0.1))
                        .map(interval -> "With " + Told.plural(interval.of(), "validation row", "validation rows")
                                + " the " + MetricNames.of(fit.model(), name) + " may lie anywhere from "
                                + Told.metric(name, interval.low()) + " to " + Told.metric(name, interval.high())
                                + "."));
    }

    static Optional<String> neverPredicted(FitRecord fit) {
        final List<String> never = ClassScores.of(fit).stream()
                .filter(one -> one.predicted() == 0 && one.support() >= 5)
                .map(ClassScores::name)
                .toList();
        return never.isEmpty() || nothingLearned(fit).isPresent()
                ? Optional.empty()
                : Optional.of("Never predicted: " + String.join(", ", never.subList(0, Math.min(5, never.size())))
                        + (never.size() > 5 ? " and " + (never.size() - 5) + " more" : "") + ".");
    }

    static Optional<String> missed(FitRecord fit) {
        final List<ClassScores> scores = ClassScores.of(fit);
        final long support = scores.stream().mapToLong(ClassScores::support).sum();
        final double all =
                (double) scores.stream().mapToLong(ClassScores::right).sum() / Math.max(1, support);
        return scores.stream()
                .filter(one -> one.support() >= 10 && one.predicted() > 0 && one.recall() < all / 2)
                .min(Comparator.comparingDouble(ClassScores::recall))
                .map(one -> "Of the class " + one.name() + " only " + Told.percent(one.recall())
                        + " is found, of all classes " + Told.percent(all) + ".");
    }

    static Optional<String> confused(FitRecord fit) {
        final List<Confused> pairs = Confused.pairs(fit);
        final long all = pairs.stream().mapToLong(Confused::count).sum();
        return fit.model().labels().size() < 3
                ? Optional.empty()
                : pairs.stream()
                        .findFirst()
                        .filter(pair -> pair.count() >= 5 && pair.count() >= 0.3 * all)
                        .map(pair -> Told.count(pair.count()) + " of " + Told.count(all) + " mistakes take "
                                + pair.truth() + " for " + pair.predicted() + ".");
    }

    static Optional<String> sureMistakes(FitRecord fit) {
        final long sure = fit.outcomes().kept().stream()
                .filter(outcome -> !(outcome instanceof Outcome.OfLabels))
                .filter(outcome -> !outcome.isRight() && outcome.confidence() >= 0.95)
                .count();
        return sure < 3 || nothingLearned(fit).isPresent()
                ? Optional.empty()
                : Optional.of(Told.count(sure) + " mistakes were predicted with a probability of 95 % or more.");
    }

    static Optional<String> probabilitiesOff(FitRecord fit) {
        final CalibrationError error =
                ProbabilitiesSection.calibration(fit.outcomes().kept());
        final long predictions =
                error.bins().stream().mapToLong(CalibrationError.Bin::count).sum();
        return predictions >= 100 && error.result() > 0.1
                ? Optional.of("The expected calibration error is " + Told.percent(error.result())
                        + ": predictions say "
                        + Told.percent(mean(error, CalibrationError.Bin::confidence, predictions))
                        + " on average, and " + Told.percent(mean(error, CalibrationError.Bin::accuracy, predictions))
                        + " of them are right.")
                : Optional.empty();
    }

    private static double mean(CalibrationError error, ToDoubleFunction<CalibrationError.Bin> value, long predictions) {
        return error.bins().stream()
                        .mapToDouble(bin -> value.applyAsDouble(bin) * bin.count())
                        .sum()
                / predictions;
    }

    static Optional<String> textsCut(FitRecord fit) {
        return fit.data().stream()
                .filter(part -> part.name().equals("training") && part.rows() > 0)
                .flatMap(part -> part
                        .lengths()
                        .map(Lengths::truncated)
                        .filter(cut -> cut * 20 > part.rows())
                        .map(cut -> Told.plural(cut, "training input", "training inputs") + " of "
                                + Told.count(part.rows()) + " were cut to the maximum length.")
                        .stream())
                .findFirst();
    }
}
