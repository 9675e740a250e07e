package dev.finetune.html;

import dev.finetune.html.page.Block;
import dev.finetune.html.page.Section;
import dev.finetune.metrics.ConfusionMatrix;
import dev.finetune.metrics.Metrics;
import dev.finetune.record.FitRecord;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** How good the model is: its metrics, each class, and which are taken for which. */
final class ScoresSection {
    private static final int LARGEST_MATRIX = 20;
    private static final int MOST_PAIRS = 20;
    private static final int MOST_CLASSES = 200;

    private ScoresSection() {}

    static Optional<Section> of(FitRecord fit) {
        return fit.evaluation().map(metrics -> {
            final List<Block> blocks = new ArrayList<>();
            blocks.add(metrics(fit, metrics));
            classes(fit, blocks);
            metrics.confusion()
                    .filter(matrix -> matrix.classes() == fit.model().labels().size())
                    .ifPresent(matrix -> confusion(fit, matrix, blocks));
            return new Section("metrics", "Metrics", blocks);
        });
    }

    private static Block metrics(FitRecord fit, Metrics metrics) {
        return new Block.Table(
                "Metrics on the validation data, "
                        + (fit.course().goesOn() ? "at the last evaluation" : "of the weights that were kept"),
                List.of(
                        Block.Column.text("metric"),
                        Block.Column.number("value"),
                        Block.Column.text("95 % interval"),
                        Block.Column.text("method")),
                metrics.names().stream()
                        .map(name -> List.of(
                                MetricNames.of(fit.model(), name),
                                Told.metric(name, metrics.get(name)),
                                metrics.interval(name)
                                        .map(interval -> Told.metric(name, interval.low()) + " to "
                                                + Told.metric(name, interval.high()))
                                        .orElse(""),
                                metrics.interval(name)
                                        .map(interval ->
                                                interval.method() + ", " + Told.plural(interval.of(), "row", "rows"))
                                        .orElse("")))
                        .toList(),
                false);
    }

    private static void classes(FitRecord fit, List<Block> blocks) {
        final List<ClassScores> scores = ClassScores.of(fit);
        if (scores.isEmpty()) {
            return;
        }
        final boolean ofAll = fit.evaluation().flatMap(Metrics::confusion).isPresent();
        blocks.add(new Block.Prose("Precision is the share of its predictions that are right, recall the share of its"
                + " examples that were found. Behind each share stands its 95 % interval by Wilson's method. "
                + (ofAll ? "" : fit.outcomes().rule())));
        blocks.add(new Block.Table(
                "Metrics of each class, the worst F1 first"
                        + (scores.size() > MOST_CLASSES ? ", " + MOST_CLASSES + " of " + scores.size() : ""),
                List.of(
                        Block.Column.text("class"),
                        Block.Column.number("examples"),
                        Block.Column.number("precision"),
                        Block.Column.number("recall"),
                        Block.Column.number("F1")),
                scores.stream()
                        .sorted(Comparator.comparingDouble(ClassScores::f1))
                        .limit(MOST_CLASSES)
                        .map(one -> List.of(
                                one.name(),
                                Told.count(one.support()),
                                one.predicted() == 0 ? "never predicted" : Told.share(one.right(), one.predicted()),
                                Told.share(one.right(), one.support()),
                                Told.percent(one.f1())))
                        .toList(),
                false));
    }

    private static void confusion(FitRecord fit, ConfusionMatrix matrix, List<Block> blocks) {
        if (matrix.classes() <= LARGEST_MATRIX) {
            blocks.add(matrix(fit.model().labels(), matrix));
            return;
        }
        final List<Confused> pairs = Confused.pairs(fit);
        if (pairs.isEmpty()) {
            blocks.add(new Block.Prose("No class is taken for another."));
            return;
        }
        blocks.add(new Block.Table(
                "Classes that are taken for others, the most frequent first"
                        + (pairs.size() > MOST_PAIRS ? ", " + MOST_PAIRS + " of " + pairs.size() + " pairs" : ""),
                List.of(
                        Block.Column.text("truth"),
                        Block.Column.text("taken for"),
                        Block.Column.number("rows"),
                        Block.Column.number("share of the class")),
                pairs.stream()
                        .limit(MOST_PAIRS)
                        .map(pair -> List.of(
                                pair.truth(),
                                pair.predicted(),
                                Told.count(pair.count()),
                                Told.share(pair.count(), pair.of())))
                        .toList(),
                false));
    }

    private static Block.Matrix matrix(List<String> labels, ConfusionMatrix matrix) {
        final List<List<Block.Cell>> rows = new ArrayList<>();
        for (int i = 0; i < matrix.classes(); i++) {
            final List<Block.Cell> row = new ArrayList<>();
            for (int j = 0; j < matrix.classes(); j++) {
                final long count = matrix.count(i, j);
                row.add(new Block.Cell(
                        count,
                        count == 0 ? "none" : i == j ? "right" : "wrong",
                        matrix.support(i) == 0 ? 0 : (int) (100 * count / matrix.support(i))));
            }
            rows.add(row);
        }
        return new Block.Matrix("Confusion: a row a true class, a column a predicted one", labels, rows);
    }
}
