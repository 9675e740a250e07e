package dev.finetune.html;

import dev.finetune.html.chart.Axis;
import dev.finetune.html.chart.Chart;
import dev.finetune.html.chart.Series;
import dev.finetune.html.page.Block;
import dev.finetune.html.page.Page;
import dev.finetune.html.page.Section;
import dev.finetune.record.Course;
import dev.finetune.record.FitRecord;
import dev.finetune.record.Setting;
import dev.finetune.train.EpochReport;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/** The page of several fits beside each other. */
final class ComparisonPage {
    private final Map<String, FitRecord> fits;

    private ComparisonPage(Map<String, FitRecord> fits) {
        this.fits = fits;
    }

    static Page of(Map<String, FitRecord> fits) {
        return new ComparisonPage(fits).page();
    }

    private Page page() {
        final List<Section> sections = new ArrayList<>();
        sections.add(new Section("metrics", "Metrics", metrics()));
        sections.add(new Section("settings", "Settings that differ", List.of(settings())));
        curves().ifPresent(sections::add);
        sections.add(new Section("cost", "Time and memory", List.of(cost())));
        return new Page(
                "Comparison of " + fits.size() + " fits",
                String.join(", ", fits.keySet()),
                List.of(new Block.Facts(fits.entrySet().stream()
                        .map(entry -> fact(entry.getKey(), entry.getValue()))
                        .toList())),
                sections,
                "Made by Finetune.");
    }

    private static Block.Fact fact(String name, FitRecord fit) {
        final String metric = fit.model().mainMetric();
        return fit.evaluation()
                .filter(metrics -> metrics.names().contains(metric))
                .map(metrics -> new Block.Fact(
                        name,
                        Told.metric(metric, metrics.get(metric)),
                        Told.name(metric)
                                + metrics.interval(metric)
                                        .map(interval -> " " + Told.ends(metric, interval))
                                        .orElse("")))
                .orElseGet(() -> new Block.Fact(name, fit.course().end(), "not evaluated"));
    }

    private List<Block> metrics() {
        final Set<String> names = new LinkedHashSet<>();
        fits.values().forEach(fit -> fit.evaluation().ifPresent(metrics -> names.addAll(metrics.names())));
        final List<Block> blocks = new ArrayList<>();
        blocks.add(new Block.Table(
                "Metrics on the validation data, with their 95 % intervals where they have one",
                columns("metric", true),
                names.stream()
                        .map(name -> row(
                                Told.name(name),
                                fit -> fit.evaluation()
                                        .filter(metrics -> metrics.names().contains(name))
                                        .map(metrics -> Told.withInterval(metrics, name))
                                        .orElse("")))
                        .toList(),
                false));
        blocks.addAll(paired());
        return blocks;
    }

    /** Each fit against the first. */
    private List<Block> paired() {
        final Map.Entry<String, FitRecord> first = fits.entrySet().iterator().next();
        final List<List<String>> rows = new ArrayList<>();
        fits.entrySet().stream().skip(1).forEach(other -> {
            final PairedTest test = PairedTest.of(first.getValue(), other.getValue());
            rows.add(List.of(
                    first.getKey() + " and " + other.getKey(),
                    Told.count(test.rows()),
                    Told.count(test.firstBetter()),
                    Told.count(test.secondBetter()),
                    test.rows() == 0 ? "" : Told.number(test.p()),
                    test.rows() == 0
                            ? "no validation row in common"
                            : test.p() < 0.05
                                    ? (test.firstBetter() > test.secondBetter() ? first : other).getKey()
                                            + " is better by more than chance"
                                    : "may be chance"));
        });
        return List.of(
                new Block.Prose(
                        "On the validation rows that both predicted: on how many one does better than the other,"
                                + " and how likely so uneven a split is by chance, by an exact sign test (of right and wrong:"
                                + " McNemar's). Rows are the same if number, input and label are. Seeds aren't looked at: another"
                                + " seed of the same settings may differ as much."),
                new Block.Table(
                        "Paired test",
                        List.of(
                                Block.Column.text("fits"),
                                Block.Column.number("rows in common"),
                                Block.Column.number("first better"),
                                Block.Column.number("second better"),
                                Block.Column.number("p"),
                                Block.Column.text("which")),
                        rows,
                        false));
    }

    private Block settings() {
        final Set<String> names = new LinkedHashSet<>();
        fits.values().forEach(fit -> fit.settings().forEach(setting -> names.add(setting.name())));
        final List<List<String>> rows = new ArrayList<>();
        rows.add(row("model", fit -> fit.model().base()));
        rows.add(row("head", fit -> fit.model().head()));
        rows.add(row("training data", fit -> fit.data().get(0).description()));
        for (String name : names) {
            if (!name.equals("model") && !name.equals("head")) {
                rows.add(row(
                        name,
                        fit -> fit.settings().stream()
                                .filter(setting -> setting.name().equals(name))
                                .map(Setting::value)
                                .findFirst()
                                .orElse("")));
            }
        }
        rows.removeIf(row -> row.subList(1, row.size()).stream().distinct().count() < 2);
        return rows.isEmpty()
                ? new Block.Prose("No setting differs.")
                : new Block.Table("Settings, fit by fit", columns("setting", false), rows, false);
    }

    private Optional<Section> curves() {
        final List<Block.Figure> figures = new ArrayList<>();
        figure("loss", "Validation loss", "validation loss", Parting::loss).ifPresent(figures::add);
        figure("training-loss", "Training loss", "training loss", EpochReport::trainingLoss)
                .ifPresent(figures::add);
        final String metric = fits.values().iterator().next().model().mainMetric();
        if (!metric.equals("loss")) {
            figure(
                            "metric",
                            "Validation " + Told.name(metric),
                            Told.name(metric),
                            report -> report.validation()
                                    .filter(metrics -> metrics.names().contains(metric))
                                    .map(metrics -> metrics.get(metric))
                                    .orElse(Double.NaN))
                    .ifPresent(figures::add);
        }
        return figures.isEmpty()
                ? Optional.empty()
                : Optional.of(new Section("training", "Training", List.of(new Block.Figures(figures))));
    }

    private Optional<Block.Figure> figure(String id, String title, String name, Function<EpochReport, Double> value) {
        final List<Series> series = new ArrayList<>();
        final List<List<String>> numbers = new ArrayList<>();
        double last = 1;
        final List<Double> all = new ArrayList<>();
        for (Map.Entry<String, FitRecord> fit : fits.entrySet()) {
            final Course course = fit.getValue().course();
            final List<Double> ys = course.evaluations().stream().map(value).toList();
            if (ys.stream().anyMatch(Double::isFinite)) {
                last = Math.max(last, course.stepsMade());
                all.addAll(ys);
                series.add(new Series(
                        fit.getKey(),
                        course.evaluations().stream()
                                .map(report -> (double) report.step())
                                .toList(),
                        ys,
                        Series.Look.MARKED));
                course.evaluations()
                        .forEach(report -> numbers.add(
                                List.of(fit.getKey(), Told.count(report.step()), Told.number(value.apply(report)))));
            }
        }
        return series.isEmpty()
                ? Optional.empty()
                : Optional.of(new Block.Figure(
                        Chart.of(
                                id,
                                title,
                                "The " + name + " of " + Told.plural(series.size(), "fit", "fits")
                                        + " after each evaluation.",
                                Axis.of("optimizer step", 0, last),
                                Axis.spanning(
                                        name,
                                        all.stream()
                                                .mapToDouble(Double::doubleValue)
                                                .toArray()),
                                series),
                        new Block.Table(
                                "Numbers: " + name,
                                List.of(
                                        Block.Column.text("fit"),
                                        Block.Column.number("after step"),
                                        Block.Column.number(name)),
                                numbers,
                                true)));
    }

    private Block cost() {
        return new Block.Table(
                "Time, steps and memory, fit by fit",
                columns("what", true),
                List.of(
                        row("training", fit -> Told.seconds(fit.course().seconds())),
                        row("steps", fit -> Told.count(fit.course().stepsMade())),
                        row("end", fit -> fit.course().end()),
                        row(
                                "trained parameters",
                                fit -> Told.count(fit.layers().stream()
                                        .filter(layer -> layer.isTrained() && !layer.isShared())
                                        .mapToLong(layer -> layer.parameters())
                                        .sum())),
                        row(
                                "peak memory",
                                fit -> fit.machine()
                                        .peakMegabytes()
                                        .map(peak -> Told.count(peak) + " MB")
                                        .orElse("")),
                        row("computed on", fit -> fit.machine().device()),
                        row("began", fit -> fit.machine().started())),
                false);
    }

    private List<Block.Column> columns(String first, boolean areNumbers) {
        final List<Block.Column> columns = new ArrayList<>();
        columns.add(Block.Column.text(first));
        fits.keySet().forEach(name -> columns.add(new Block.Column(name, areNumbers)));
        return columns;
    }

    private List<String> row(String first, Function<FitRecord, String> value) {
        final List<String> row = new ArrayList<>();
        row.add(first);
        fits.values().forEach(fit -> row.add(value.apply(fit)));
        return row;
    }
}
