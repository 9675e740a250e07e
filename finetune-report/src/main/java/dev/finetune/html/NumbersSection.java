package dev.finetune.html;

import dev.finetune.html.chart.Axis;
import dev.finetune.html.chart.Chart;
import dev.finetune.html.chart.Series;
import dev.finetune.html.page.Block;
import dev.finetune.html.page.Section;
import dev.finetune.record.FitRecord;
import dev.finetune.record.Outcome;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.DoubleStream;

/** Predicted numbers beside the true ones, of the first target. */
final class NumbersSection {
    private static final int MOST_POINTS = 1_000;

    private NumbersSection() {}

    static Optional<Section> of(FitRecord fit) {
        final List<Outcome.OfNumbers> rows = fit.outcomes().kept().stream()
                .filter(Outcome.OfNumbers.class::isInstance)
                .map(Outcome.OfNumbers.class::cast)
                .filter(row -> !row.truth().isEmpty() && !row.predicted().isEmpty())
                .toList();
        return rows.isEmpty()
                ? Optional.empty()
                : Optional.of(new Section(
                        "numbers",
                        "Numbers",
                        List.of(
                                new Block.Prose(fit.outcomes().rule()
                                        + (rows.size() > MOST_POINTS
                                                ? " The first " + MOST_POINTS + " of them are drawn."
                                                : "")),
                                new Block.Figures(List.of(scatter(rows), errors(rows))))));
    }

    private static Block.Figure scatter(List<Outcome.OfNumbers> rows) {
        final List<Outcome.OfNumbers> drawn = rows.stream().limit(MOST_POINTS).toList();
        final List<Double> truth = drawn.stream().map(row -> row.truth().get(0)).toList();
        final List<Double> predicted =
                drawn.stream().map(row -> row.predicted().get(0)).toList();
        final double[] both = DoubleStream.concat(
                        truth.stream().mapToDouble(Double::doubleValue),
                        predicted.stream().mapToDouble(Double::doubleValue))
                .toArray();
        final Axis span = linear("", both);
        final Chart chart = Chart.of(
                        "scatter",
                        "Predicted numbers by true ones",
                        "On the diagonal the prediction is the truth.",
                        Axis.of("true number", span.from(), span.to()),
                        Axis.of("predicted number", span.from(), span.to()),
                        List.of(new Series("rows", truth, predicted, Series.Look.POINTS)))
                .withDiagonal();
        return new Block.Figure(
                chart,
                new Block.Table(
                        "Numbers: the first " + Math.min(50, rows.size()) + " rows",
                        List.of(
                                Block.Column.number("row"),
                                Block.Column.number("truth"),
                                Block.Column.number("predicted")),
                        rows.stream()
                                .limit(50)
                                .map(row -> List.of(
                                        Told.count(row.row()),
                                        Told.number(row.truth().get(0)),
                                        Told.number(row.predicted().get(0))))
                                .toList(),
                        true));
    }

    /** Never of factors, so that both axes can be the same. */
    private static Axis linear(String name, double[] values) {
        final Axis axis = Axis.spanning(name, values);
        return axis.isLogarithmic() ? Axis.fromZero(name, values) : axis;
    }

    private static Block.Figure errors(List<Outcome.OfNumbers> rows) {
        final double[] errors = rows.stream()
                .mapToDouble(row -> row.predicted().get(0) - row.truth().get(0))
                .filter(Double::isFinite)
                .sorted()
                .toArray();
        final double reach = errors.length == 0
                ? 1
                : Math.max(1e-9, Math.max(Math.abs(errors[0]), Math.abs(errors[errors.length - 1])));
        final int bins = 21;
        final long[] counts = new long[bins];
        for (double error : errors) {
            counts[(int) Math.min(bins - 1, (error + reach) / (2 * reach) * bins)]++;
        }
        final List<Chart.Bar> bars = new ArrayList<>();
        for (int i = 0; i < bins; i++) {
            bars.add(new Chart.Bar(-reach + 2 * reach * i / bins, -reach + 2 * reach * (i + 1) / bins, counts[i]));
        }
        final double median = errors.length == 0 ? Double.NaN : errors[(errors.length - 1) / 2];
        return new Block.Figure(
                Chart.ofBars(
                        "errors",
                        "How far predictions are off",
                        "The median of predicted minus true is " + Told.number(median) + "; the largest distance is "
                                + Told.number(errors.length == 0 ? Double.NaN : reach) + ".",
                        Axis.of("predicted minus true", -reach, reach),
                        Axis.fromZero(
                                "rows", Arrays.stream(counts).asDoubleStream().toArray()),
                        bars),
                new Block.Table(
                        "Numbers: rows by distance",
                        List.of(Block.Column.number("predicted minus true, from"), Block.Column.number("rows")),
                        bars.stream()
                                .map(bar -> List.of(Told.number(bar.from()), Told.count((long) bar.height())))
                                .toList(),
                        true));
    }
}
