package dev.finetune.html;

import dev.finetune.html.chart.Axis;
import dev.finetune.html.chart.Chart;
import dev.finetune.html.chart.Series;
import dev.finetune.html.page.Block;
import dev.finetune.html.page.Page;
import dev.finetune.html.page.Section;
import dev.finetune.record.SearchRecord;
import dev.finetune.record.SearchRecord.State;
import dev.finetune.record.SearchRecord.TrialRow;
import dev.finetune.record.Setting;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The page of a search: the best, all trials in their ranking, what each setting did, and how it was searched. */
final class SearchPage {
    private static final int MOST_ROWS = 500;

    private final SearchRecord search;
    private final String metric;

    private SearchPage(SearchRecord search) {
        this.search = search;
        this.metric = Told.name(search.metric());
    }

    static Page of(SearchRecord search) {
        return new SearchPage(search).page();
    }

    private Page page() {
        final List<Section> sections = new ArrayList<>();
        best().ifPresent(sections::add);
        slices().ifPresent(sections::add);
        sections.add(new Section("ranking", "All trials", List.of(ranking())));
        sections.add(new Section("search", "How it was searched", how()));
        return new Page(
                "Search of settings for " + search.base(),
                "Compares trials by " + metric + ", of which " + (search.isHigherBetter() ? "more" : "less")
                        + " is better.",
                List.of(new Block.Facts(facts())),
                sections,
                MadeBy.of(search.library(), "search", search.started()));
    }

    /** The best of those that came to their end, if there is one with a value. */
    private Optional<TrialRow> first() {
        return search.trials().stream()
                .filter(trial -> trial.state() == State.FINISHED && Double.isFinite(trial.value()))
                .findFirst();
    }

    private long count(State state) {
        return search.trials().stream().filter(trial -> trial.state() == state).count();
    }

    private List<Block.Fact> facts() {
        final List<Block.Fact> facts = new ArrayList<>();
        facts.add(first().map(trial -> new Block.Fact(
                        "best " + metric, Told.metric(search.metric(), trial.value()), "trial " + trial.number()))
                .orElseGet(() -> new Block.Fact("best " + metric, "none", "no trial has come to its end")));
        facts.add(new Block.Fact(
                "trials",
                Told.count(search.trials().size()),
                Stream.of(State.values())
                        .filter(state -> count(state) > 0)
                        .map(state -> Told.count(count(state)) + " " + words(state))
                        .collect(Collectors.joining(", "))));
        final double trained =
                search.trials().stream().mapToDouble(TrialRow::seconds).sum();
        facts.add(
                new Block.Fact("time", Told.seconds(search.seconds()), Told.seconds(trained) + " of training in all"));
        return facts;
    }

    private static String value(TrialRow trial, SearchRecord.Dimension dimension) {
        final String value = trial.settings().getOrDefault(dimension.name(), "");
        return dimension.choices().isEmpty() ? Told.shortly(value) : value;
    }

    private static String words(State state) {
        return switch (state) {
            case FINISHED -> "finished";
            case STOPPED -> "stopped early";
            case DIVERGED -> "diverged";
            case FAILED -> "failed";
        };
    }

    private Optional<Section> best() {
        return first().map(trial -> {
            final List<Block> blocks = new ArrayList<>();
            blocks.add(new Block.Table(
                    "Settings of trial " + trial.number(),
                    List.of(Block.Column.text("setting"), Block.Column.text("value"), Block.Column.text("searched")),
                    search.dimensions().stream()
                            .map(dimension -> List.of(dimension.name(), value(trial, dimension), dimension.range()))
                            .toList(),
                    false));
            blocks.add(new Block.Table(
                    "Metrics of trial " + trial.number() + " on the validation data",
                    List.of(Block.Column.text("metric"), Block.Column.number("value")),
                    trial.metrics().entrySet().stream()
                            .map(entry ->
                                    List.of(Told.name(entry.getKey()), Told.metric(entry.getKey(), entry.getValue())))
                            .toList(),
                    trial.metrics().size() > 8));
            blocks.add(
                    new Block.Prose("The best of several is chosen by the data that it is measured on, so that it looks"
                            + " a little better here than it is: judge it by data that the search hasn't seen."));
            return new Section("best", "The best trial", blocks);
        });
    }

    private Optional<Section> slices() {
        final List<TrialRow> measured = search.trials().stream()
                .filter(trial -> Double.isFinite(trial.value()))
                .toList();
        if (measured.isEmpty()) {
            return Optional.empty();
        }
        final Axis y = Axis.spanning(
                metric, measured.stream().mapToDouble(TrialRow::value).toArray());
        final List<Block.Figure> figures = new ArrayList<>();
        for (int i = 0; i < search.dimensions().size(); i++) {
            figures.add(slice(i, search.dimensions().get(i), measured, y));
        }
        figures.add(course(measured, y));
        return Optional.of(new Section(
                "settings-searched",
                "What each setting did",
                List.of(
                        new Block.Prose(
                                "Each point is a trial that was evaluated. Settings were changed together, so that a"
                                        + " point stands where it does for the other settings, too."
                                        + (measured.size() == search.trials().size()
                                                ? ""
                                                : " "
                                                        + Told.plural(
                                                                search.trials().size() - measured.size(),
                                                                "trial has",
                                                                "trials have")
                                                        + " no " + metric + " and can't be drawn.")),
                        new Block.Figures(figures))));
    }

    private Block.Figure slice(int index, SearchRecord.Dimension dimension, List<TrialRow> measured, Axis y) {
        final SettingAxis x = SettingAxis.of(dimension, measured);
        final Chart chart = Chart.of(
                "slice-" + index,
                capitalized(metric) + " by " + dimension.name(),
                first().map(best -> "In the best trial it is " + value(best, dimension) + ".")
                        .orElse("No trial has come to its end."),
                x.axis(),
                y,
                states(measured, trial -> x.place(trial.settings().getOrDefault(dimension.name(), ""))));
        return new Block.Figure(
                chart,
                new Block.Table(
                        "Numbers: " + metric + " by " + dimension.name(),
                        List.of(
                                new Block.Column(
                                        dimension.name(), dimension.choices().isEmpty()),
                                Block.Column.number(metric),
                                Block.Column.text("trial")),
                        x.sorted(measured).stream()
                                .limit(MOST_ROWS)
                                .map(trial -> List.of(
                                        value(trial, dimension),
                                        Told.metric(search.metric(), trial.value()),
                                        trial.number() + ", " + words(trial.state())))
                                .toList(),
                        true));
    }

    /** What places a trial on an axis. */
    private interface Place {
        double of(TrialRow trial);
    }

    /** A series for each state that there is. */
    private static List<Series> states(List<TrialRow> trials, Place place) {
        final List<Series> all = new ArrayList<>();
        for (State state : State.values()) {
            final List<TrialRow> some =
                    trials.stream().filter(trial -> trial.state() == state).toList();
            if (!some.isEmpty()) {
                all.add(new Series(
                        words(state),
                        some.stream().map(place::of).toList(),
                        some.stream().map(TrialRow::value).toList(),
                        Series.Look.POINTS));
            }
        }
        return all;
    }

    /** The metric of each trial in their order, with the best by then. */
    private Block.Figure course(List<TrialRow> measured, Axis y) {
        final List<TrialRow> inOrder = measured.stream()
                .sorted((one, other) -> Integer.compare(one.number(), other.number()))
                .toList();
        final List<Double> best = new ArrayList<>();
        for (TrialRow trial : inOrder) {
            final double before = best.isEmpty() ? trial.value() : best.get(best.size() - 1);
            best.add(search.isHigherBetter() ? Math.max(before, trial.value()) : Math.min(before, trial.value()));
        }
        final List<Series> series = new ArrayList<>(states(inOrder, TrialRow::number));
        series.add(new Series(
                "best by then",
                inOrder.stream().map(trial -> (double) trial.number()).toList(),
                best,
                Series.Look.LINE));
        return new Block.Figure(
                Chart.of(
                        "course",
                        capitalized(metric) + " of each trial, and the best by then",
                        "From " + Told.metric(search.metric(), best.get(0)) + " of the first to "
                                + Told.metric(search.metric(), best.get(best.size() - 1)) + " in the end.",
                        Axis.whole("trial", 0, inOrder.get(inOrder.size() - 1).number()),
                        y,
                        series),
                new Block.Table(
                        "Numbers: " + metric + " by trial",
                        List.of(
                                Block.Column.number("trial"),
                                Block.Column.number(metric),
                                Block.Column.number("best by then")),
                        inOrder.stream()
                                .limit(MOST_ROWS)
                                .map(trial -> List.of(
                                        Told.count(trial.number()),
                                        Told.metric(search.metric(), trial.value()),
                                        Told.metric(search.metric(), best.get(inOrder.indexOf(trial)))))
                                .toList(),
                        true));
    }

    private static String capitalized(String words) {
        return words.substring(0, 1).toUpperCase(Locale.ROOT) + words.substring(1);
    }

    private Block ranking() {
        final List<Block.Column> columns = new ArrayList<>(
                List.of(Block.Column.number("trial"), Block.Column.text("state"), Block.Column.number(metric)));
        search.dimensions()
                .forEach(dimension -> columns.add(
                        new Block.Column(dimension.name(), dimension.choices().isEmpty())));
        columns.add(Block.Column.number("time"));
        columns.add(Block.Column.text("why"));
        final List<List<String>> rows = search.trials().stream()
                .limit(MOST_ROWS)
                .map(trial -> {
                    final List<String> row = new ArrayList<>(List.of(
                            Told.count(trial.number()),
                            words(trial.state()),
                            Double.isNaN(trial.value()) ? "" : Told.metric(search.metric(), trial.value())));
                    search.dimensions().forEach(dimension -> row.add(value(trial, dimension)));
                    row.add(Told.seconds(trial.seconds()));
                    row.add(trial.reason());
                    return row;
                })
                .toList();
        return rows.isEmpty()
                ? new Block.Prose("No trial has ended.")
                : new Block.Table(
                        "Trials, the best first"
                                + (search.trials().size() > MOST_ROWS
                                        ? ", " + MOST_ROWS + " of "
                                                + search.trials().size()
                                        : ""),
                        columns,
                        rows,
                        false);
    }

    private List<Block> how() {
        final List<Block> blocks = new ArrayList<>();
        blocks.add(SettingsSection.table("How trials are chosen and stopped", search.search(), false));
        blocks.add(new Block.Table(
                "Settings that are searched",
                List.of(Block.Column.text("setting"), Block.Column.text("what it may be")),
                search.dimensions().stream()
                        .map(dimension -> List.of(dimension.name(), dimension.range()))
                        .toList(),
                false));
        blocks.add(DataSection.parts(search.data()));
        blocks.add(SettingsSection.table(
                "Settings of all trials that differ from the defaults",
                search.tuner().stream().filter(setting -> !setting.isDefault()).toList(),
                false));
        blocks.add(SettingsSection.table(
                "Settings of all trials left at the default",
                search.tuner().stream().filter(Setting::isDefault).toList(),
                true));
        return blocks;
    }
}
