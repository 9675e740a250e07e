package dev.finetune.html;

import dev.finetune.html.chart.Axis;
import dev.finetune.html.chart.Chart;
import dev.finetune.html.chart.Series;
import dev.finetune.html.page.Block;
import dev.finetune.html.page.Section;
import dev.finetune.metrics.CalibrationError;
import dev.finetune.record.FitRecord;
import dev.finetune.record.Outcome;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** Whether probabilities are honest, and what thresholds would give. */
final class ProbabilitiesSection {
    private static final int MOST_CURVES = 6;

    private ProbabilitiesSection() {}

    static Optional<Section> of(FitRecord fit) {
        final List<Block.Figure> figures = new ArrayList<>();
        final CalibrationError calibration = calibration(fit.outcomes().kept());
        if (!Double.isNaN(calibration.result())) {
            figures.add(reliability(calibration));
        }
        precisionRecall(fit).ifPresent(figures::add);
        return figures.isEmpty()
                ? Optional.empty()
                : Optional.of(new Section(
                        "probabilities",
                        "Probabilities",
                        List.of(new Block.Prose(fit.outcomes().rule()), new Block.Figures(figures))));
    }

    /** Of the class, of each tag, or of the answer that was predicted. */
    static CalibrationError calibration(List<Outcome> outcomes) {
        final CalibrationError calibration = new CalibrationError();
        for (Outcome outcome : outcomes) {
            if (outcome instanceof Outcome.OfClass || outcome instanceof Outcome.OfAnswer) {
                calibration.add(outcome.confidence(), outcome.isRight());
            } else if (outcome instanceof Outcome.OfTags tags) {
                for (int i = 0; i < tags.truth().size(); i++) {
                    if (!tags.predicted().get(i).isEmpty()) {
                        calibration.add(
                                tags.probabilities().get(i),
                                tags.truth().get(i).equals(tags.predicted().get(i)));
                    }
                }
            }
        }
        return calibration;
    }

    private static Block.Figure reliability(CalibrationError calibration) {
        final List<CalibrationError.Bin> bins =
                calibration.bins().stream().filter(bin -> bin.count() > 0).toList();
        final Chart chart = Chart.of(
                        "calibration",
                        "Calibration: are predictions right as often as they say?",
                        "Expected calibration error " + Told.percent(calibration.result())
                                + " in " + CalibrationError.BINS
                                + " bins of equal width (Naeini et al., 2015). On the diagonal probabilities are"
                                + " honest; below it the model is too sure.",
                        Axis.of("probability of what was predicted", 0, 1),
                        Axis.of("share that is right", 0, 1),
                        List.of(new Series(
                                "predictions",
                                bins.stream()
                                        .map(CalibrationError.Bin::confidence)
                                        .toList(),
                                bins.stream()
                                        .map(CalibrationError.Bin::accuracy)
                                        .toList(),
                                Series.Look.MARKED)))
                .withDiagonal();
        return new Block.Figure(
                chart,
                new Block.Table(
                        "Numbers: calibration by bin",
                        List.of(
                                Block.Column.text("probability"),
                                Block.Column.number("predictions"),
                                Block.Column.number("mean probability"),
                                Block.Column.number("right")),
                        bins.stream()
                                .map(bin -> List.of(
                                        Told.percent(bin.from()) + " to " + Told.percent(bin.to()),
                                        Told.count(bin.count()),
                                        Told.percent(bin.confidence()),
                                        Told.share(Math.round(bin.accuracy() * bin.count()), bin.count())))
                                .toList(),
                        true));
    }

    private static Optional<Block.Figure> precisionRecall(FitRecord fit) {
        final List<PrecisionRecall> all = curves(fit).stream()
                .filter(curve -> curve.positives() > 0)
                .sorted(Comparator.comparingDouble(PrecisionRecall::average))
                .toList();
        if (all.isEmpty()) {
            return Optional.empty();
        }
        final List<PrecisionRecall> drawn = all.stream().limit(MOST_CURVES).toList();
        final Chart chart = Chart.of(
                "precision-recall",
                "Precision and recall for every threshold",
                drawn.size() < all.size()
                        ? "The " + MOST_CURVES + " classes of " + all.size() + " with the lowest average precision, "
                                + Told.number(drawn.get(0).average()) + " to "
                                + Told.number(drawn.get(drawn.size() - 1).average()) + "."
                        : "Average precision " + Told.number(all.get(0).average())
                                + (all.size() == 1
                                        ? "."
                                        : " to "
                                                + Told.number(
                                                        all.get(all.size() - 1).average())
                                                + ", the lowest class first."),
                Axis.of("recall", 0, 1),
                Axis.of("precision", 0, 1),
                drawn.stream()
                        .map(curve -> new Series(curve.name(), curve.recall(), curve.precision(), Series.Look.LINE))
                        .toList());
        return Optional.of(new Block.Figure(
                chart,
                new Block.Table(
                        "Numbers: average precision by class",
                        List.of(
                                Block.Column.text("class"),
                                Block.Column.number("rows"),
                                Block.Column.number("average precision")),
                        all.stream()
                                .map(curve -> List.of(
                                        curve.name(), Told.count(curve.positives()), Told.number(curve.average())))
                                .toList(),
                        true)));
    }

    /** Of two classes the second's alone, else each class's. */
    private static List<PrecisionRecall> curves(FitRecord fit) {
        final List<String> labels = fit.model().labels();
        final boolean areTwo = labels.size() == 2
                && fit.outcomes().kept().stream().anyMatch(outcome -> outcome instanceof Outcome.OfClass);
        return IntStream.range(areTwo ? 1 : 0, labels.size())
                .mapToObj(i ->
                        PrecisionRecall.of(labels.get(i), scored(fit.outcomes().kept(), labels, i)))
                .toList();
    }

    private static List<PrecisionRecall.Scored> scored(List<Outcome> outcomes, List<String> labels, int index) {
        final List<PrecisionRecall.Scored> scored = new ArrayList<>();
        final String label = labels.get(index);
        for (Outcome outcome : outcomes) {
            if (outcome instanceof Outcome.OfClass one && one.probabilities().size() == labels.size()) {
                scored.add(new PrecisionRecall.Scored(
                        one.probabilities().get(index), one.truth().equals(label)));
            } else if (outcome instanceof Outcome.OfLabels some
                    && some.probabilities().size() == labels.size()) {
                scored.add(new PrecisionRecall.Scored(
                        some.probabilities().get(index), some.truth().contains(label)));
            }
        }
        return scored;
    }
}
