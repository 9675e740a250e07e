package dev.finetune.html;

import dev.finetune.data.Finding;
import dev.finetune.html.chart.Axis;
import dev.finetune.html.chart.Chart;
import dev.finetune.html.page.Block;
import dev.finetune.html.page.Section;
import dev.finetune.record.DataPart;
import dev.finetune.record.FitRecord;
import dev.finetune.record.Lengths;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** The data: where it is from, what was found in it, how often classes occur, how long inputs are. */
final class DataSection {
    private static final int MOST_CLASSES = 100;

    private DataSection() {}

    static Section of(FitRecord fit) {
        final List<Block> blocks = new ArrayList<>();
        blocks.add(parts(fit.data()));
        if (fit.findings().isEmpty()) {
            blocks.add(new Block.Prose("Nothing was found in the data that hurts."));
        } else {
            blocks.add(new Block.Prose("What was found in the data that hurts:"));
            blocks.add(new Block.Bullets(
                    fit.findings().stream().map(Finding::message).toList()));
        }
        final List<String> others = others(fit);
        if (!others.isEmpty()) {
            blocks.add(new Block.Prose("What else was warned of:"));
            blocks.add(new Block.Bullets(others));
        }
        classes(fit.data(), blocks);
        lengths(fit.data(), blocks);
        return new Section("data", "Data", blocks);
    }

    /** Where the data is from, and how much there is of it. */
    static Block.Table parts(List<DataPart> parts) {
        return new Block.Table(
                "Parts of the data",
                List.of(Block.Column.text("part"), Block.Column.number("rows"), Block.Column.text("from")),
                parts.stream()
                        .map(part -> List.of(
                                part.name(),
                                part.rows() < 0 ? "a stream" : Told.count(part.rows()),
                                part.description()))
                        .toList(),
                false);
    }

    /** Warnings that aren't findings without their examples. */
    private static List<String> others(FitRecord fit) {
        final List<String> known =
                fit.findings().stream().map(Finding::withoutText).toList();
        return fit.warnings().stream()
                .filter(warning -> !known.contains(warning))
                .distinct()
                .toList();
    }

    private static void classes(List<DataPart> parts, List<Block> blocks) {
        final Set<String> names = new LinkedHashSet<>();
        parts.forEach(part -> names.addAll(part.classes().keySet()));
        if (names.isEmpty()) {
            return;
        }
        final List<Block.Column> columns = new ArrayList<>();
        columns.add(Block.Column.text("class"));
        for (DataPart part : parts) {
            columns.add(Block.Column.number(part.name()));
            columns.add(Block.Column.number("share"));
        }
        final List<List<String>> rows = new ArrayList<>();
        for (String name : names.stream().limit(MOST_CLASSES).toList()) {
            final List<String> row = new ArrayList<>();
            row.add(name);
            for (DataPart part : parts) {
                final long count = part.classes().getOrDefault(name, 0L);
                final long all = part.classes().values().stream()
                        .mapToLong(Long::longValue)
                        .sum();
                row.add(Told.count(count));
                row.add(all == 0 ? "" : Told.percent((double) count / all));
            }
            rows.add(row);
        }
        final String caption = "How often each class occurs"
                + (names.size() > MOST_CLASSES ? ", the first " + MOST_CLASSES + " of " + names.size() : "");
        blocks.add(new Block.Table(caption, columns, rows, names.size() > 20));
    }

    private static void lengths(List<DataPart> parts, List<Block> blocks) {
        final List<Block.Figure> figures = new ArrayList<>();
        for (DataPart part : parts) {
            part.lengths().ifPresent(lengths -> figures.add(figure(part, lengths)));
        }
        if (!figures.isEmpty()) {
            blocks.add(new Block.Figures(figures));
        }
    }

    private static Block.Figure figure(DataPart part, Lengths lengths) {
        final List<Chart.Bar> bars = lengths.bins().stream()
                .map(bin -> new Chart.Bar(bin.from() - 0.5, bin.to() + 0.5, bin.count()))
                .toList();
        final String description = "From " + lengths.shortest() + " to " + lengths.longest() + " tokens, half of them "
                + "at most " + lengths.median() + "; "
                + (lengths.truncated() == 0
                        ? "none was cut."
                        : Told.plural(lengths.truncated(), "input was", "inputs were") + " cut to the maximum length.");
        final Chart chart = Chart.ofBars(
                "lengths-" + part.name(),
                "Lengths of the " + part.name() + " rows",
                description,
                Axis.of("length in tokens", lengths.shortest() - 0.5, lengths.longest() + 0.5),
                Axis.fromZero(
                        "rows", bars.stream().mapToDouble(Chart.Bar::height).toArray()),
                bars);
        return new Block.Figure(
                chart,
                new Block.Table(
                        "Numbers: " + part.name() + " rows by length",
                        List.of(Block.Column.number("tokens"), Block.Column.number("rows")),
                        lengths.bins().stream()
                                .map(bin -> List.of(
                                        bin.from() == bin.to() ? "" + bin.from() : bin.from() + " to " + bin.to(),
                                        Told.count(bin.count())))
                                .toList(),
                        true));
    }
}
